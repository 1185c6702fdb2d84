// SPDX-License-Identifier: MIT
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

/// Awaits a task and tells how it ended: "none" or the kind of what it threw.
template <class T>
task<std::string> ending_of(task_handle<T> t) {
  std::string ending = "none";
  try {
    co_await t;
  } catch (...) {
    ending = kind(std::current_exception());
  }
  co_return ending;
}

task<> long_sleep() { co_await sleep(10s); }

}  // namespace

TEST_CASE("cancel tells whether the task was still alive, and every request is counted", "[case][TASK-03]") {
  run_virtual([]() -> task<> {
    auto t = create_task(long_sleep());
    CHECK(t.cancelling() == 0);
    CHECK(t.cancel());
    CHECK(t.cancelling() == 1);
    CHECK(t.cancel());
    CHECK(t.cancelling() == 2);
    CHECK_FALSE(t.cancelled());
    auto const ending = co_await ending_of(t);
    CHECK(ending == "cancelled_error");
    CHECK_FALSE(t.cancel());
    CHECK(t.cancelling() == 2);
    CHECK(t.cancelled());
  });
}

TEST_CASE("a cancellation reaches the innermost future, and an outer coroutine may swallow it", "[case][TASK-05]") {
  run_virtual([]() -> task<> {
    int proof = 0;
    future<> fut;
    auto inner = [&]() -> task<> {
      try {
        co_await fut;
      } catch (cancelled_error const&) {
        proof += 1;
        throw;
      }
    };
    auto outer = [&]() -> task<> {
      try {
        co_await inner();
      } catch (cancelled_error const&) {
        proof += 100;
      }
    };
    auto t = spawn(outer);
    co_await yield_now();
    t.cancel();
    co_await t;
    CHECK(proof == 101);
    CHECK(fut.cancelled());
    CHECK_FALSE(t.cancelled());
  });
}

TEST_CASE("cancelling a task that awaits another task cancels that one too", "[case][TASK-06]") {
  run_virtual([]() -> task<> {
    future<> nobody_sets;
    auto n = spawn([&]() -> task<> { co_await nobody_sets; });
    auto t = spawn([&]() -> task<> { co_await n; });
    co_await yield_now();
    co_await yield_now();
    t.cancel();
    auto const ending = co_await ending_of(t);
    CHECK(ending == "cancelled_error");
    CHECK(n.cancelled());
    CHECK(t.cancelled());
  });
}

TEST_CASE("a task that catches its cancellation and returns is not cancelled", "[case][TASK-09]") {
  run_virtual([]() -> task<> {
    future<> fut2;
    auto t = spawn([&]() -> task<int> {
      try {
        co_await fut2;
      } catch (cancelled_error const&) {
        co_return 42;
      }
      co_return 0;
    });
    co_await yield_now();
    t.cancel();
    int const r = co_await t;
    CHECK(r == 42);
    CHECK_FALSE(t.cancelled());
    CHECK(t.cancelling() == 1);
  });
}

TEST_CASE("a task that ignores one cancellation goes on, and its later awaits are not touched", "[case][TASK-10]") {
  run_virtual([]() -> task<> {
    future<> f1;
    future<int> f2;
    auto t = spawn([&]() -> task<int> {
      try {
        co_await f1;
      } catch (cancelled_error const&) {
      }
      co_return co_await f2;
    });
    co_await yield_now();
    t.cancel();
    co_await yield_now();
    f2.set_result(7);
    int const r = co_await t;
    CHECK(r == 7);
    CHECK(f1.cancelled());
    CHECK_FALSE(f2.cancelled());
  });
}

TEST_CASE("uncancel lets a second cancel be told apart from the first", "[case][TASK-13]") {
  run_virtual([]() -> task<> {
    auto f = []() -> task<> {
      bool again = false;
      try {
        co_await sleep(10s);
      } catch (cancelled_error const&) {
        current_task().uncancel();
        again = true;
      }
      if (again) co_await sleep(10s);
    };
    auto t = spawn(f);
    co_await sleep(10ms);
    t.cancel();
    CHECK(t.cancelling() == 1);
    co_await sleep(10ms);
    CHECK(t.cancelling() == 0);
    CHECK_FALSE(t.done());
    t.cancel();
    auto const ending = co_await ending_of(t);
    CHECK(ending == "cancelled_error");
    CHECK(t.cancelled());
  });
}

TEST_CASE("the reason of a cancellation travels to who awaits the task, in the same exception", "[case][TASK-14]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto t = create_task(long_sleep());
    co_await yield_now();
    t.cancel("m1");
    try {
      co_await t;
    } catch (cancelled_error const& e) {
      log.emplace_back(e.reason());
    }

    std::exception_ptr saved;
    auto u = spawn([&saved]() -> task<> {
      try {
        co_await sleep(10s);
      } catch (cancelled_error const&) {
        saved = std::current_exception();
        throw;
      }
    });
    co_await yield_now();
    u.cancel("5");
    try {
      co_await u;
    } catch (cancelled_error const& e) {
      log.push_back(std::current_exception() == saved ? "same" : "another");
      log.emplace_back(e.reason());
    }
  });
  CHECK(log == trace{"m1", "same", "5"});
}

TEST_CASE("a future that somebody else cancels cancels the task that awaits it", "[case][TASK-16]") {
  run_virtual([]() -> task<> {
    future<> fut;
    auto t = spawn([&]() -> task<int> {
      co_await fut;
      co_return 12;
    });
    co_await yield_now();
    fut.cancel();
    auto const ending = co_await ending_of(t);
    CHECK(ending == "cancelled_error");
    CHECK(t.cancelled());
    CHECK(t.cancelling() == 0);
  });
}
