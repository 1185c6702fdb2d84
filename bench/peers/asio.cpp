// SPDX-License-Identifier: MIT
// The workloads on Asio's C++20 coroutines, one thread.
#include "../common/harness.hpp"

#include <asio.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/experimental/channel.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace {

using asio::awaitable;
using asio::use_awaitable;
using bench::meter;
using bench::order;

/// Starts coroutines and runs the loop until all have ended.
template <class Start>
void run(Start start) {
  static asio::io_context loop(1);
  start(loop);
  loop.run();
  loop.restart();
}

void start(asio::io_context& loop, awaitable<void> work) { asio::co_spawn(loop, std::move(work), asio::detached); }

awaitable<std::size_t> child(std::size_t i) { co_return i; }

awaitable<void> leaf(std::size_t i) {
  bench::sink = i;
  co_return;
}

awaitable<void> await_children(order o, meter& m) {
  std::size_t sum = 0;
  m.start();
  for (std::size_t i = 0; i < o.units; ++i) sum += co_await child(i);
  m.stop();
  bench::sink = sum;
}

awaitable<void> yields(std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) co_await asio::post(use_awaitable);
}

using channel = asio::experimental::channel<void(asio::error_code, std::size_t)>;

awaitable<void> ask(channel& questions, channel& answers, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    co_await questions.async_send(asio::error_code(), i, use_awaitable);
    bench::sink = co_await answers.async_receive(use_awaitable);
  }
}

awaitable<void> reply(channel& questions, channel& answers, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t const question = co_await questions.async_receive(use_awaitable);
    co_await answers.async_send(asio::error_code(), question, use_awaitable);
  }
}

void ping_queues(order const& o, meter& m) {
  run([&](asio::io_context& loop) {
    static channel questions(loop, 1), answers(loop, 1);
    start(loop, reply(questions, answers, o.units));
    start(loop, ask(questions, answers, o.units));
    m.start();
  });
  m.stop();
}

awaitable<void> sleeper(std::uint64_t delay, bool sampled) {
  std::uint64_t const due = sampled ? bench::now_ns() + delay : 0;
  asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::nanoseconds(delay));
  co_await timer.async_wait(use_awaitable);
  if (sampled) bench::late.add(bench::now_ns() - due);
}

awaitable<void> wait_for_ready(order o, meter& m) {
  using namespace asio::experimental::awaitable_operators;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  std::size_t sum = 0;
  m.start();
  for (std::size_t i = 0; i < o.units; ++i) {
    timer.expires_after(std::chrono::seconds(1));
    auto first = co_await (child(i) || timer.async_wait(use_awaitable));
    sum += std::get<0>(first);
  }
  m.stop();
  bench::sink = sum;
}

void spawn(order const& o, meter& m) {
  bench::repeat(o, m, [](std::size_t n) {
    run([n](asio::io_context& loop) {
      for (std::size_t i = 0; i < n; ++i) start(loop, leaf(i));
    });
  });
}

void yield(order const& o, meter& m) {
  m.start();
  run([&](asio::io_context& loop) {
    for (std::size_t i = 0; i < o.alive; ++i) start(loop, yields(o.units / o.alive));
  });
  m.stop();
}

void sleep(order const& o, meter& m) {
  bench::repeat(o, m, [](std::size_t n) {
    run([n](asio::io_context& loop) {
      bench::random_delays delays(n);
      for (std::size_t i = 0; i < n; ++i) start(loop, sleeper(delays.next_ns(), i % bench::lateness_sample == 0));
    });
  });
}

constexpr bench::workload workloads[] = {
    {"await", [](order const& o, meter& m) { run([&](asio::io_context& loop) { start(loop, await_children(o, m)); }); }},
    {"spawn", spawn},
    {"yield", yield},
    {"queue", ping_queues},
    {"sleep", sleep},
    {"wait_for", [](order const& o, meter& m) { run([&](asio::io_context& loop) { start(loop, wait_for_ready(o, m)); }); }},
};

}  // namespace

int main(int argc, char** argv) { return bench::run_contender(argc, argv, workloads); }
