// SPDX-License-Identifier: MIT
// Calls of a trivial function in one worker process, all on one core, and map with two workers.
#include "workloads.hpp"

#include <halka/halka.hpp>

#include <cstddef>
#include <ranges>
#include <vector>

namespace bench {

namespace {

int same(int x) { return x; }

halka::task<> call_often(halka::process_pool& pool, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) sink = static_cast<std::size_t>(co_await pool.submit(same, static_cast<int>(i)));
}

halka::task<> call_all(order o, meter& m) {
  halka::process_pool pool({.workers = 1});
  co_await call_often(pool, 100);
  std::vector<halka::task<>> callers;
  for (std::size_t i = 0; i < o.alive; ++i) callers.push_back(call_often(pool, o.units / o.alive));
  m.start();
  co_await halka::gather(std::move(callers));
  m.stop();
  co_await pool.shutdown();
}

halka::task<> map_all(order o, meter& m) {
  halka::process_pool pool({.workers = 2});
  std::vector<int> numbers(o.alive);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int>(i);
  co_await pool.map(same, numbers);
  m.start();
  for (std::size_t done = 0; done < o.units; done += o.alive) {
    std::vector<int> const results = co_await pool.map(same, numbers);
    sink = results.size();
  }
  m.stop();
  co_await pool.shutdown();
}

}  // namespace

void call_pool(order const& o, meter& m) {
  use_one_core();
  halka::run(call_all(o, m));
}
void map_pool(order const& o, meter& m) { halka::run(map_all(o, m)); }

}  // namespace bench
