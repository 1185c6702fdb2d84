// SPDX-License-Identifier: MIT
// Messages through channels: inside one loop, between two loops on two threads, and from four threads to four.
#include "workloads.hpp"

#include <halka/halka.hpp>

#include <cstddef>
#include <thread>
#include <vector>

namespace bench {

namespace {

using numbers = halka::channel<std::size_t>;

halka::task<> answer(numbers there, numbers back) {
  while (auto n = co_await there.receive()) co_await back.send(*n);
}

halka::task<> ask(numbers there, numbers back, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    co_await there.send(i);
    auto const answered = co_await back.receive();
    sink = *answered;
  }
  there.close();
}

halka::task<> ask_measured(numbers there, numbers back, order o, meter& m) {
  m.start();
  co_await ask(there, back, o.units);
  m.stop();
}

halka::task<> send_all(numbers to, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) co_await to.send(i);
}

halka::task<> receive_all(numbers from) {
  std::size_t sum = 0;
  while (auto n = co_await from.receive()) sum += *n;
  sink = sum;
}

}  // namespace

void ping_channels(order const& o, meter& m) {
  halka::run([&]() -> halka::task<> {
    numbers there(1), back(1);
    m.start();
    co_await halka::gather(answer(there, back), ask(there, back, o.units));
    m.stop();
  });
}

void message_loops(order const& o, meter& m) {
  numbers there(1), back(1);
  std::thread other([&] { halka::run(answer(there, back)); });
  halka::run(ask_measured(there, back, o, m));
  other.join();
}

void message_loops_on_one_core(order const& o, meter& m) {
  use_one_core();
  message_loops(o, m);
}

/// `alive` producers and as many consumers, each a loop on a thread of its own.
void many_to_many(order const& o, meter& m) {
  numbers ch(256);
  std::vector<std::thread> producers, consumers;
  m.start();
  for (std::size_t i = 0; i < o.alive; ++i) {
    consumers.emplace_back([&] { halka::run(receive_all(ch)); });
    producers.emplace_back([&] { halka::run(send_all(ch, o.units / o.alive)); });
  }
  for (std::thread& t : producers) t.join();
  ch.close();
  for (std::thread& t : consumers) t.join();
  m.stop();
}

}  // namespace bench
