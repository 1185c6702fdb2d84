// SPDX-License-Identifier: MIT
// Tasks that take turns: by yielding, and by waking each other.
#include "workloads.hpp"

#include <halka/halka.hpp>

#include <cstddef>

namespace bench {

namespace {

halka::task<> yield_often(std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) co_await halka::yield_now();
}

halka::task<> yield_main(order o, meter& m) {
  m.start();
  co_await halka::with_task_group([o](halka::task_group& group) {
    for (std::size_t i = 0; i < o.alive; ++i) group.create_task(yield_often(o.units / o.alive));
  });
  m.stop();
}

halka::task<> serve_events(halka::event& here, halka::event& there, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    there.set();
    co_await here.wait();
    here.clear();
  }
}

halka::task<> answer_events(halka::event& here, halka::event& there, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    co_await here.wait();
    here.clear();
    there.set();
  }
}

halka::task<> ping_events_main(order o, meter& m) {
  halka::event left, right;
  m.start();
  co_await halka::gather(answer_events(right, left, o.units), serve_events(left, right, o.units));
  m.stop();
}

halka::task<> serve_permits(halka::semaphore& here, halka::semaphore& there, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    there.release();
    co_await here.acquire();
  }
}

halka::task<> answer_permits(halka::semaphore& here, halka::semaphore& there, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    co_await here.acquire();
    there.release();
  }
}

halka::task<> ping_semaphores_main(order o, meter& m) {
  halka::semaphore left(0), right(0);
  m.start();
  co_await halka::gather(answer_permits(right, left, o.units), serve_permits(left, right, o.units));
  m.stop();
}

}  // namespace

void yields(order const& o, meter& m) { halka::run(yield_main(o, m)); }
void ping_events(order const& o, meter& m) { halka::run(ping_events_main(o, m)); }
void ping_semaphores(order const& o, meter& m) { halka::run(ping_semaphores_main(o, m)); }

}  // namespace bench
