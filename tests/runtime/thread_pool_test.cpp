// SPDX-License-Identifier: MIT
// Real threads, the real loop; no test sleeps.
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <pthread.h>
#include <array>
#include <atomic>
#include <latch>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

/// A call that lasts until it is let go.
struct gate {
  std::atomic<int> begun = 0;
  std::atomic<bool> open = false;
  void pass() {
    ++begun;
    while (!open) std::this_thread::yield();
  }
};

task<> cancel_and_wait(task_handle<> t) {
  t.cancel();
  std::vector<task_handle<>> const one(1, t);
  co_await wait(one);
}

}  // namespace

TEST_CASE("submit moves function, arguments and result", "[thread]") {
  run_real([]() -> task<> {
    thread_pool pool({.threads = 1});
    auto const increment = [](std::unique_ptr<int> p) {
      ++*p;
      return p;
    };
    auto const result = co_await pool.submit(increment, std::make_unique<int>(41));
    CHECK(*result == 42);
    static int global = 0;
    int& reference = co_await pool.submit([]() -> int& { return global; });
    CHECK(&reference == &global);
  });
}

TEST_CASE("map yields the results in order", "[thread]") {
  run_real([]() -> task<> {
    thread_pool pool({.threads = 3});
    std::vector<int> numbers;
    for (int i = 0; i < 100; ++i) numbers.push_back(i);
    std::vector<int> const squares = co_await pool.map([](int x) { return x * x; }, numbers);
    REQUIRE(squares.size() == 100);
    bool right = true;
    for (std::size_t i = 0; i < 100; ++i) right = right && squares[i] == static_cast<int>(i * i);
    CHECK(right);
    std::vector<int> const none;
    auto const nothing = co_await pool.map([](int x) { return x; }, none);
    CHECK(nothing.empty());
  });
}

TEST_CASE("the first failure of map drops the calls that have not begun", "[thread]") {
  run_real([]() -> task<> {
    thread_pool pool({.threads = 1});
    std::vector<int> numbers(1000, 0);
    numbers[0] = 1;
    std::atomic<int> calls = 0;
    gate first;
    std::string thrown;
    auto const call = [&](int x) {
      ++calls;
      if (x == 1) throw boom();
      first.pass();
    };
    try {
      co_await pool.map(call, numbers);
    } catch (boom const&) {
      thrown = "boom";
    }
    first.open = true;
    CHECK(thrown == "boom");
    co_await pool.shutdown();
    CHECK(calls < 1000);
  });
}

TEST_CASE("the initializer runs first in every thread, and the threads bear the pool's name", "[thread]") {
  static std::atomic<int> initialized = 0;
  static thread_local bool mine = false;
  initialized = 0;
  run_real([]() -> task<> {
    thread_pool pool({.threads = 2, .name = "a name that is too long", .initializer = [] {
                        mine = true;
                        ++initialized;
                      }});
    std::latch both(2);  // so that each thread takes one call
    auto const call = [&both] {
      both.arrive_and_wait();
      std::array<char, 32> name{};
      pthread_getname_np(pthread_self(), name.data(), name.size());
      return std::string(name.data()) + (mine ? " initialized" : " bare");
    };
    auto const [first, second] = co_await gather(pool.submit(call), pool.submit(call));
    CHECK(first == "a name that is  initialized");
    CHECK(second == first);
  });
  CHECK(initialized == 2);
}

TEST_CASE("the statistics of a pool count threads, queue and completed calls", "[thread]") {
  run_real([]() -> task<> {
    thread_pool pool({.threads = 2});
    CHECK(pool.statistics().threads == 0);
    gate g;
    std::vector<task_handle<>> calls;
    for (int i = 0; i < 5; ++i) calls.push_back(spawn([&]() -> task<> { co_await pool.submit([&] { g.pass(); }); }));
    while (g.begun < 2) co_await yield_now();
    CHECK(pool.statistics().threads == 2);
    CHECK(pool.statistics().idle == 0);
    CHECK(pool.statistics().queued == 3);
    CHECK(pool.statistics().completed == 0);
    g.open = true;
    co_await gather(std::move(calls));
    co_await pool.shutdown();
    CHECK(pool.statistics().completed == 5);
    CHECK(pool.statistics().queued == 0);
  });
}

TEST_CASE("cancelling a call that runs fires its stop token and ends the await at once", "[thread][cancel]") {
  run_real([]() -> task<> {
    thread_pool pool({.threads = 1});
    std::atomic<bool> begun = false;
    std::atomic<bool> stopped = false;
    auto call = spawn([&]() -> task<> {
      co_await pool.submit([&](std::stop_token stop) {
        begun = true;
        while (!stop.stop_requested()) std::this_thread::yield();
        stopped = true;
      });
    });
    while (!begun) co_await yield_now();
    co_await cancel_and_wait(call);
    CHECK(call.cancelled());
    co_await pool.shutdown();
    CHECK(stopped);
  });
}

TEST_CASE("a call that is cancelled in the queue is never made", "[thread][cancel]") {
  run_real([]() -> task<> {
    thread_pool pool({.threads = 1});
    gate g;
    bool made = false;
    auto running = spawn([&]() -> task<> { co_await pool.submit([&] { g.pass(); }); });
    while (g.begun == 0) co_await yield_now();
    auto queued = spawn([&]() -> task<> { co_await pool.submit([&] { made = true; }); });
    co_await settle();
    co_await cancel_and_wait(queued);
    g.open = true;
    co_await running;
    co_await pool.shutdown();
    CHECK_FALSE(made);
  });
}

TEST_CASE("a result that arrives after the cancellation is dropped and destroyed", "[thread][cancel]") {
  auto const result = std::make_shared<int>(1);
  run_real([&]() -> task<> {
    thread_pool pool({.threads = 1});
    gate g;
    auto call = spawn([&]() -> task<> {
      co_await pool.submit([&] {
        g.pass();
        return result;
      });
    });
    while (g.begun == 0) co_await yield_now();
    co_await cancel_and_wait(call);
    g.open = true;
    co_await pool.shutdown();
    co_await settle();
    CHECK(result.use_count() == 1);
  });
}

TEST_CASE("a pool may outlive its loop, and drops what its last calls return", "[thread][cancel]") {
  auto const result = std::make_shared<int>(1);
  gate g;
  {
    thread_pool pool({.threads = 1});
    captured_reports const reports;
    run_real([&]() -> task<> {
      spawn([&]() -> task<> {
        co_await pool.submit([&] {
          g.pass();
          return result;
        });
      });
      while (g.begun == 0) co_await yield_now();
    });
    CHECK(reports.count("still running at the end of run") == 1);
    g.open = true;  // the call returns to a loop that is gone
    CHECK(run_real([&]() -> task<int> { co_return co_await pool.submit([] { return 3; }); }) == 3);
  }
  CHECK(result.use_count() == 1);
}

TEST_CASE("loops of several threads share one pool", "[thread]") {
  thread_pool pool({.threads = 2});
  std::atomic<int> sum = 0;
  {
    std::vector<std::jthread> loops;
    for (int t = 0; t < 4; ++t) {
      loops.emplace_back([&] {
        run_real([&]() -> task<> {
          for (int i = 0; i < 100; ++i) sum += co_await pool.submit([](int x) { return x; }, 1);
        });
      });
    }
  }
  CHECK(sum == 400);
}

TEST_CASE("shutting down a pool that never ran, and one that is shut down, returns at once", "[thread]") {
  run_real([]() -> task<> {
    thread_pool pool;
    co_await pool.shutdown();
    co_await pool.shutdown();
  });
}

TEST_CASE("two tasks may shut a pool down at the same time", "[thread]") {
  run_real([]() -> task<> {
    thread_pool pool({.threads = 1});
    gate g;
    auto call = spawn([&]() -> task<> { co_await pool.submit([&] { g.pass(); }); });
    while (g.begun == 0) co_await yield_now();
    auto first = create_task(pool.shutdown());
    auto second = create_task(pool.shutdown());
    co_await settle();
    CHECK_FALSE(first.done());
    CHECK_FALSE(second.done());
    g.open = true;
    // The deadline is for a task that is never told.
    auto const outcomes = co_await gather(return_exceptions, wait_for(first, 10s), wait_for(second, 10s), wait_for(call, 10s));
    CHECK(std::get<0>(outcomes).has_value());
    CHECK(std::get<1>(outcomes).has_value());
    CHECK(std::get<2>(outcomes).has_value());
  });
}

TEST_CASE("a shutdown that is cancelled leaves the pool closed and its calls running", "[thread][cancel]") {
  run_real([]() -> task<> {
    thread_pool pool({.threads = 1});
    gate g;
    auto call = spawn([&]() -> task<> { co_await pool.submit([&] { g.pass(); }); });
    while (g.begun == 0) co_await yield_now();
    auto closing = create_task(pool.shutdown());
    co_await settle();
    co_await cancel_and_wait(closing);
    CHECK(closing.cancelled());
    CHECK_FALSE(call.done());
    g.open = true;
    co_await call;
  });
}
