// SPDX-License-Identifier: MIT
// Sleeping tasks, and deadlines that are set and not needed.
#include "workloads.hpp"

#include <halka/halka.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace bench {

namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

halka::task<> sleeper(std::uint64_t delay, bool sampled) {
  std::uint64_t const due = sampled ? now_ns() + delay : 0;
  co_await halka::sleep(nanoseconds(delay));
  if (sampled) late.add(now_ns() - due);
}

halka::task<> sleep_and_join(std::size_t n) {
  co_await halka::with_task_group([n](halka::task_group& group) {
    random_delays delays(n);
    for (std::size_t i = 0; i < n; ++i) group.create_task(sleeper(delays.next_ns(), i % lateness_sample == 0));
  });
}

halka::task<> sleepers_main(order o, meter& m) {
  for (std::size_t done = 0; done < o.warm_up; done += o.alive) co_await sleep_and_join(o.alive);
  m.start();
  for (std::size_t done = 0; done < o.units; done += o.alive) co_await sleep_and_join(o.alive);
  m.stop();
}

/// Sleeps 10 ms again and again while others never sleep: nobody who is busy may keep a timer waiting.
halka::task<> sleep_briefly(bool& stop) {
  while (!stop) {
    std::uint64_t const due = now_ns() + 10'000'000u;
    co_await halka::sleep(std::chrono::milliseconds(10));
    late.add(now_ns() - due);
  }
}

halka::task<> yield_often(std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) co_await halka::yield_now();
}

halka::task<> sleep_beside_main(order o, meter& m) {
  bool stop = false;
  m.start();
  auto const sleeper = halka::create_task(sleep_briefly(stop));
  co_await halka::with_task_group([o](halka::task_group& group) {
    for (std::size_t i = 0; i < o.alive; ++i) group.create_task(yield_often(o.units / o.alive));
  });
  stop = true;
  co_await sleeper;
  m.stop();
}

[[gnu::noinline]] halka::task<std::size_t> child(std::size_t i) { co_return i; }

halka::task<> wait_for_main(order o, meter& m) {
  std::size_t sum = 0;
  m.start();
  for (std::size_t i = 0; i < o.units; ++i) sum += co_await halka::wait_for(child(i), seconds(1));
  m.stop();
  sink = sum;
}

}  // namespace

void sleepers(order const& o, meter& m) { halka::run(sleepers_main(o, m)); }
void sleeper_beside_yields(order const& o, meter& m) { halka::run(sleep_beside_main(o, m)); }
void wait_for_ready(order const& o, meter& m) { halka::run(wait_for_main(o, m)); }

}  // namespace bench
