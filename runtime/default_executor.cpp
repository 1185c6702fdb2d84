// SPDX-License-Identifier: MIT
#include "default_executor.hpp"

#include "../sched/create_task.hpp"

#include <memory>

namespace halka {

thread_pool& default_executor() {
  event_loop& loop = get_running_loop();
  if (!loop.default_executor) loop.default_executor = std::make_shared<thread_pool>();
  return *static_cast<thread_pool*>(loop.default_executor.get());
}

void shut_down_default_executor(event_loop& loop) {
  if (!loop.default_executor) return;
  loop.call_soon([&loop] {
    auto& pool = *static_cast<thread_pool*>(loop.default_executor.get());
    create_task(pool.shutdown(), {.name = "shut down the default executor"}).add_done_callback([&loop] { loop.stop(); });
  });
  loop.run_forever();
  loop.default_executor.reset();
}

}  // namespace halka
