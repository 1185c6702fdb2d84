// SPDX-License-Identifier: MIT
// The workloads on Asio's C++20 coroutines, one thread.
#include "../common/harness.hpp"

#include <asio.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/experimental/channel.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <thread>

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

/// Calls on the thread of a pool, each of which posts the next.
class thread_caller {
 public:
  thread_caller(asio::io_context& loop, asio::thread_pool& pool, std::size_t n)
      : loop_(loop), pool_(pool), left_(n), busy_(asio::make_work_guard(loop)) {}

  void begin() {
    asio::post(pool_, [this] {
      std::size_t const result = left_;
      asio::post(loop_, [this, result] {
        bench::sink = result;
        if (--left_ > 0)
          begin();
        else
          busy_.reset();
      });
    });
  }

 private:
  asio::io_context& loop_;
  asio::thread_pool& pool_;
  std::size_t left_;
  asio::executor_work_guard<asio::io_context::executor_type> busy_;
};

void to_thread_on_all_cores(order const& o, meter& m) {
  asio::thread_pool pool;
  run([&](asio::io_context& loop) {
    static std::deque<thread_caller> callers;
    for (std::size_t i = 0; i < o.alive; ++i) callers.emplace_back(loop, pool, o.units / o.alive).begin();
    m.start();
  });
  m.stop();
}

void to_thread(order const& o, meter& m) {
  bench::use_one_core();
  to_thread_on_all_cores(o, m);
}

/// A message to another thread's loop, which sends it back.
void message_on_all_cores(order const& o, meter& m) {
  asio::io_context here(1), there(1);
  auto stays = asio::make_work_guard(there);
  std::thread other([&] { there.run(); });
  std::size_t left = o.units;
  auto guard = asio::make_work_guard(here);
  std::function<void()> back = [&] {
    if (--left > 0)
      asio::post(there, [&] { asio::post(here, [&] { back(); }); });
    else
      guard.reset();
  };
  ++left;
  asio::post(here, [&] { back(); });
  m.start();
  here.run();
  m.stop();
  stays.reset();
  other.join();
}

void message(order const& o, meter& m) {
  bench::use_one_core();
  message_on_all_cores(o, m);
}

constexpr bench::workload workloads[] = {
    {"await", [](order const& o, meter& m) { run([&](asio::io_context& loop) { start(loop, await_children(o, m)); }); }},
    {"spawn", spawn},
    {"yield", yield},
    {"message", message},
    {"message_cores", message_on_all_cores},
    {"queue", ping_queues},
    {"sleep", sleep},
    {"to_thread", to_thread},
    {"to_thread_cores", to_thread_on_all_cores},
    {"wait_for", [](order const& o, meter& m) { run([&](asio::io_context& loop) { start(loop, wait_for_ready(o, m)); }); }},
};

}  // namespace

int main(int argc, char** argv) { return bench::run_contender(argc, argv, workloads); }
