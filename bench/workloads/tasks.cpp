// SPDX-License-Identifier: MIT
// Awaiting a child, and starting and joining tasks in the ways that programs do.
#include "workloads.hpp"

#include <halka/halka.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace bench {

namespace {

[[gnu::noinline]] halka::task<std::size_t> child(std::size_t i) { co_return i; }

halka::task<> leaf(std::size_t i) {
  sink = i;
  co_return;
}

halka::task<> await_main(order o, meter& m) {
  std::size_t sum = 0;
  m.start();
  for (std::size_t i = 0; i < o.units; ++i) sum += co_await child(i);
  m.stop();
  sink = sum;
}

/// Calls `batch(n)` in a task, with as many units as were asked for.
template <halka::task<> (*batch)(std::size_t)>
halka::task<> repeat_batches(order o, meter& m) {
  for (std::size_t done = 0; done < o.warm_up; done += o.alive) co_await batch(o.alive);
  m.start();
  for (std::size_t done = 0; done < o.units; done += o.alive) co_await batch(o.alive);
  m.stop();
}

halka::task<> create_in_group(std::size_t n) {
  co_await halka::with_task_group([n](halka::task_group& group) {
    for (std::size_t i = 0; i < n; ++i) group.create_task(leaf(i));
  });
}

halka::task<> spawn_in_group(std::size_t n) {
  co_await halka::with_task_group([n](halka::task_group& group) {
    for (std::size_t i = 0; i < n; ++i) group.spawn(leaf, i);
  });
}

halka::task<> gather_all(std::size_t n) {
  std::vector<halka::task<>> tasks;
  tasks.reserve(n);
  for (std::size_t i = 0; i < n; ++i) tasks.push_back(leaf(i));
  co_await halka::gather(std::move(tasks));
}

halka::task<> create_all_await_all(std::size_t n) {
  std::vector<halka::task_handle<>> handles;
  handles.reserve(n);
  for (std::size_t i = 0; i < n; ++i) handles.push_back(halka::create_task(leaf(i)));
  for (auto& handle : handles) co_await std::move(handle);
}

}  // namespace

void await_children(order const& o, meter& m) { halka::run(await_main(o, m)); }
void group_create(order const& o, meter& m) { halka::run(repeat_batches<create_in_group>(o, m)); }
void group_spawn(order const& o, meter& m) { halka::run(repeat_batches<spawn_in_group>(o, m)); }
void gather_range(order const& o, meter& m) { halka::run(repeat_batches<gather_all>(o, m)); }
void create_and_await(order const& o, meter& m) { halka::run(repeat_batches<create_all_await_all>(o, m)); }

}  // namespace bench
