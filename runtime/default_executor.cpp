// SPDX-License-Identifier: MIT
#include "default_executor.hpp"

#include "../sched/create_task.hpp"

#include <memory>
#include <new>

namespace halka {

thread_pool& default_executor() {
  event_loop& loop = get_running_loop();
  if (!loop.default_executor) loop.default_executor = std::make_shared<thread_pool>();
  return *static_cast<thread_pool*>(loop.default_executor.get());
}

namespace {

task<> shut_down(event_loop& loop) {
  struct stop_at_the_end {
    event_loop& loop;
    ~stop_at_the_end() { loop.stop(); }
  } const guard{loop};
  auto& pool = *static_cast<thread_pool*>(loop.default_executor.get());
  try {
    co_await pool.shutdown();
  } catch (std::bad_alloc const&) {
    // the pool waits for its threads when it is destroyed
  }
}

}  // namespace

void shut_down_default_executor(event_loop& loop) {
  if (!loop.default_executor) return;
  try {
    loop.call_soon([&loop] {
      try {
        create_task(shut_down(loop), {.name = "executor's end"});
      } catch (std::bad_alloc const&) {
        loop.stop();
      }
    });
    loop.run_forever();
  } catch (std::bad_alloc const&) {
    // Without memory the loop cannot be told of the end of the threads: the thread waits for it.
  }
  loop.default_executor.reset();
}

}  // namespace halka
