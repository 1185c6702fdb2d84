// SPDX-License-Identifier: MIT
// Threads and cross-thread calls. Real threads and the real clock; the bounds on time are generous, so that a loaded machine does
// not fail them.
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

TEST_CASE("a call from another thread wakes a loop that sleeps, and the calls of one thread keep their order",
          "[case][THR-01][thread]") {
  trace log;
  run_real([&]() -> task<> {
    event_loop& loop = get_running_loop();
    future<> finished;
    auto const far_away = loop.call_later(1h, [] {});  // a timer that the wake-up must not wait for
    std::jthread const caller([&] {
      std::this_thread::sleep_for(50ms);  // until the loop sleeps
      loop.call_soon_threadsafe([&] { log.push_back("1"); });
      loop.call_soon_threadsafe([&] { log.push_back("2"); });
      loop.call_soon_threadsafe([&] {
        log.push_back("3");
        finished.set_result();
      });
    });
    auto const begin = clock::now();
    co_await finished;
    CHECK(clock::now() - begin < 10s);
    CHECK(loop.statistics().sleeps > 0);
  });
  CHECK(log == trace{"1", "2", "3"});
}

TEST_CASE("calls of several threads keep the order of each thread", "[case][THR-01][thread]") {
  constexpr int threads = 4;
  constexpr int calls = 1000;
  std::vector<std::vector<int>> seen(threads);
  run_real([&]() -> task<> {
    event_loop& loop = get_running_loop();
    future<> finished;
    int left = threads * calls;
    std::vector<std::jthread> callers;
    for (std::size_t t = 0; t < threads; ++t) {
      callers.emplace_back([&, t] {
        for (int i = 0; i < calls; ++i) {
          loop.call_soon_threadsafe([&, t, i] {
            seen[t].push_back(i);
            if (--left == 0) finished.set_result();
          });
        }
      });
    }
    co_await finished;
  });
  for (auto const& numbers : seen) {
    CHECK(numbers.size() == calls);
    CHECK(std::ranges::is_sorted(numbers));
  }
}

TEST_CASE("to_thread yields the value or the exception of a call on another thread, while the loop goes on",
          "[case][THR-03][thread]") {
  std::thread::id const loop_thread = std::this_thread::get_id();
  run_real([&]() -> task<> {
    std::atomic<int> ticks = 0;
    auto const ticker = spawn([&]() -> task<> {
      while (true) {
        co_await sleep(5ms);
        ++ticks;
      }
    });
    std::thread::id called_on;
    auto const add = [&called_on, &ticks](int a, int b) {
      while (ticks < 10) std::this_thread::sleep_for(1ms);  // it blocks until the loop has gone on
      called_on = std::this_thread::get_id();
      return a + b;
    };
    int const sum = co_await to_thread(add, 40, 2);
    CHECK(sum == 42);
    CHECK(called_on != loop_thread);
    CHECK(called_on != std::thread::id());
    CHECK(ticks >= 10);

    std::string thrown;
    try {
      co_await to_thread([] { throw std::runtime_error("test"); });
    } catch (std::runtime_error const& e) {
      thrown = e.what();
    }
    CHECK(thrown == "test");
    ticker.cancel();
    co_await wait(std::vector<task_handle<>>(1, ticker));
  });
}

namespace {

task<int> add(int a, int b) {
  co_await yield_now();
  co_return a + b;
}

task<> fail() {
  co_await yield_now();
  throw std::runtime_error("fail");
}

task<> cancel_itself() {
  current_task().cancel();
  co_await yield_now();
}

/// The body of THR-05, on a thread of its own.
trace call_from_outside(event_loop& loop, event& forever) {
  trace log;
  log.push_back(std::to_string(run_coroutine_threadsafe(add(1, 2), loop).get()));
  log.push_back(kind_thrown([&] { run_coroutine_threadsafe(fail(), loop).get(); }));

  auto const wait_forever = [](event& e) -> task<> { co_await e.wait(); };
  auto waiting = run_coroutine_threadsafe(wait_forever(forever), loop);
  log.push_back(waiting.wait_for(0s) == std::future_status::timeout ? "timeout" : "no timeout");
  waiting.cancel();
  log.push_back(kind_thrown([&] { waiting.get(); }));

  log.push_back(kind_thrown([&] { run_coroutine_threadsafe(cancel_itself(), loop).get(); }));
  return log;
}

}  // namespace

TEST_CASE("a coroutine sent from another thread gives it its result, its error, or its cancellation", "[case][THR-05][thread]") {
  trace log;
  run_real([&]() -> task<> {
    event forever;
    log = co_await to_thread(call_from_outside, std::ref(get_running_loop()), std::ref(forever));
    CHECK(all_tasks().size() == 1);  // only this one: the cancelled task is not left pending
    CHECK(forever.statistics().waiting == 0);
  });
  CHECK(log == trace{"3", "runtime_error", "timeout", "cancelled_error", "cancelled_error"});
}

TEST_CASE("task-local values flow into tasks and threads as they were at spawn, and never back", "[case][THR-06][thread]") {
  static task_local<std::string> v("unset");
  trace log;
  run_real([&]() -> task<> {
    v.set("p");
    auto child = spawn([&]() -> task<> {
      log.push_back(v.get());
      v.set("c");
      co_await yield_now();
      log.push_back(v.get());
    });
    v.set("p2");
    co_await child;
    log.push_back(v.get());
    log.push_back(co_await to_thread([] {
      std::string const seen = v.get();
      v.set("t");
      return seen;
    }));
    CHECK(v.get() == "p2");
  });
  CHECK(log == trace{"p", "c", "p2", "p2"});
  CHECK(v.get() == "unset");
}

TEST_CASE("a thread pool runs as many calls at a time as it has threads, and uses them again", "[case][THR-07][thread]") {
  run_real([]() -> task<> {
    thread_pool pool({.threads = 2});
    std::atomic<int> now = 0;
    std::atomic<int> peak = 0;
    auto const job = [&] {
      int const running = ++now;
      int before = peak;
      while (before < running && !peak.compare_exchange_weak(before, running)) {
      }
      std::this_thread::sleep_for(50ms);  // long enough that a third call would overlap
      --now;
    };
    auto const begin = clock::now();
    std::vector<decltype(pool.submit(job))> calls;
    for (int i = 0; i < 6; ++i) calls.push_back(pool.submit(job));
    co_await gather(std::move(calls));
    CHECK(peak == 2);
    CHECK(clock::now() - begin >= 150ms);
    CHECK(clock::now() - begin < 10s);
    CHECK(pool.statistics().threads == 2);
    co_await pool.shutdown();
    std::string refused;
    try {
      co_await pool.submit(job);
    } catch (std::logic_error const& e) {
      refused = e.what();
    }
    CHECK(refused == "thread pool: cannot submit after shutdown");
  });
}

TEST_CASE("idle threads are used again before another is started", "[case][THR-07][thread]") {
  run_real([]() -> task<> {
    thread_pool pool({.threads = 8});
    for (int i = 0; i < 10; ++i) {
      co_await pool.submit([] {});
      while (pool.statistics().idle == 0) co_await yield_now();  // the thread is back
    }
    CHECK(pool.statistics().threads == 1);
    CHECK(pool.statistics().completed == 10);
    co_await pool.shutdown();
  });
}

TEST_CASE("shutting a pool down with cancel_pending drops what has not begun and leaves nothing undecided",
          "[case][THR-07][thread]") {
  run_real([]() -> task<> {
    thread_pool pool({.threads = 1});
    std::atomic<bool> begun = false;
    std::atomic<bool> may_end = false;
    auto const job = [&] {
      begun = true;
      while (!may_end) std::this_thread::yield();
    };
    std::vector<task_handle<>> calls;
    for (int i = 0; i < 20; ++i) calls.push_back(spawn([&]() -> task<> { co_await pool.submit(job); }));
    while (!begun) co_await yield_now();
    auto const closing = create_task(pool.shutdown({.cancel_pending = true}));
    co_await settle();
    may_end = true;
    auto const outcomes = co_await gather(return_exceptions, calls);
    co_await closing;
    CHECK(outcomes.front().has_value());
    auto const cancelled = std::ranges::count_if(outcomes, [](auto const& o) { return kind(o.exception()) == "cancelled_error"; });
    CHECK(cancelled == 19);
  });
}
