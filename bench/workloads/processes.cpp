// SPDX-License-Identifier: MIT
// Tasks that start a process and await its end, one after the other.
#include "workloads.hpp"

#include <halka/halka.hpp>

#include <cstddef>
#include <stdexcept>

namespace bench {

namespace {

halka::task<> start_often(std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    halka::subprocess process = co_await halka::create_subprocess_exec(halka::command("/bin/true"));
    int const code = co_await process.wait();
    if (code != 0) throw std::runtime_error("/bin/true failed");
  }
}

halka::task<> start_all(order o, meter& m) {
  m.start();
  co_await halka::with_task_group([&](halka::task_group& group) {
    for (std::size_t i = 0; i < o.alive; ++i) group.create_task(start_often(o.units / o.alive));
  });
  m.stop();
}

}  // namespace

void processes(order const& o, meter& m) { halka::run(start_all(o, m)); }

}  // namespace bench
