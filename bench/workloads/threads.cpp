// SPDX-License-Identifier: MIT
// Calls on a worker thread: `alive` of them at the same time.
#include "workloads.hpp"

#include <halka/halka.hpp>

#include <cstddef>
#include <vector>

namespace bench {

namespace {

std::size_t work(std::size_t i) { return i; }

halka::task<> call(halka::thread_pool& pool, std::size_t n) {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += co_await pool.submit(work, i);
  sink = sum;
}

halka::task<> thread_calls_main(order o, meter& m) {
  halka::thread_pool& pool = halka::default_executor();
  co_await call(pool, 1000);
  m.start();
  std::vector<halka::task<>> callers;
  for (std::size_t i = 0; i < o.alive; ++i) callers.push_back(call(pool, o.units / o.alive));
  co_await halka::gather(std::move(callers));
  m.stop();
}

}  // namespace

void thread_calls(order const& o, meter& m) { halka::run(thread_calls_main(o, m)); }

void thread_calls_on_one_core(order const& o, meter& m) {
  use_one_core();
  thread_calls(o, m);
}

}  // namespace bench
