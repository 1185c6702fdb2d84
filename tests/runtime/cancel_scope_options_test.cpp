// SPDX-License-Identifier: MIT
#include "../support/cancel_everywhere.hpp"
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <optional>
#include <string>
#include <type_traits>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

static_assert(std::is_trivially_destructible_v<cancel_scope_options>);

TEST_CASE("a scope yields the value of its body, or nothing when it was cancelled", "[runtime][scope]") {
  run_virtual([]() -> task<> {
    cancel_scope a, b, c, d;
    std::optional<std::unique_ptr<int>> value = co_await a.run([](cancel_scope& s) -> task<std::unique_ptr<int>> {
      CHECK_FALSE(s.cancel_called());
      co_await sleep(1ms);
      co_return std::make_unique<int>(3);
    });
    CHECK(**value == 3);
    std::optional<int> none = co_await b.run([](cancel_scope& s) -> task<int> {
      s.cancel();
      co_await sleep(1s);
      co_return 1;
    });
    CHECK_FALSE(none);
    std::optional<int> swallowed = co_await c.run([](cancel_scope& s) -> task<int> {
      s.cancel();
      try {
        co_await sleep(1s);
      } catch (cancelled_error const&) {
      }
      co_return 2;
    });
    CHECK(swallowed == 2);
    CHECK_FALSE(c.cancelled_caught());
    int n = 0;
    int* const same = co_await d.run([&]() -> int& { return n; });
    CHECK(same == &n);
  });
}

TEST_CASE("a scope is cancelled at its deadline, which can be moved", "[runtime][scope]") {
  run_virtual([]() -> task<> {
    auto const begin = clock::now();
    cancel_scope s({.deadline = begin + 5ms});
    co_await s.run([&]() -> task<> {
      CHECK(s.deadline() == begin + 5ms);
      co_await sleep(3ms);
      s.reschedule(begin + 9ms);
      co_await sleep(4ms);
      s.reschedule(never);
      co_await sleep(4ms);
      CHECK_FALSE(s.cancel_called());
      s.reschedule(begin);
      std::string reason;
      try {
        co_await sleep(1s);
      } catch (cancelled_error const& e) {
        reason = e.reason();
      }
      CHECK(reason == "deadline of a cancel_scope");
      s.reschedule(never);  // too late
      co_await sleep(1s);
    });
    CHECK(s.cancelled_caught());
    CHECK(clock::now() - begin == 11ms);
    cancel_scope before;
    before.reschedule(clock::now() + 2ms);
    co_await before.run(wait_for_ever);
    CHECK(clock::now() - begin == 13ms);
    before.reschedule(clock::now());  // left: no effect
    co_await sleep(1ms);
    CHECK(get_running_loop().statistics().timers == 0);
  });
}

TEST_CASE("a scope that is edge-triggered throws once for each cancel", "[runtime][scope]") {
  trace log;
  run_virtual([&]() -> task<> {
    cancel_scope s({.level_triggered = false});
    co_await s.run([&]() -> task<> {
      for (int i = 0; i < 2; ++i) {
        s.cancel("again");
        try {
          co_await sleep(1s);
        } catch (cancelled_error const& e) {
          log.push_back(std::string(e.reason()));
        }
        co_await sleep(1ms);
        log.push_back("slept");
      }
    });
    CHECK(s.cancel_called());
    CHECK_FALSE(s.cancelled_caught());
    CHECK(current_task().cancelling() == 0);
    co_await yield_now();
  });
  CHECK(log == trace{"again", "slept", "again", "slept"});
}

TEST_CASE("the reason that a scope is cancelled with is what the exception says", "[runtime][scope]") {
  trace log;
  run_virtual([&]() -> task<> {
    for (char const* const given : {"", "closing time"}) {
      cancel_scope s;
      co_await s.run([&]() -> task<> {
        s.cancel(given);
        CHECK(current_task().cancelling() == 1);
        try {
          co_await sleep(1s);
        } catch (cancelled_error const& e) {
          log.push_back(e.what());
          throw;
        }
      });
    }
  });
  CHECK(log == trace{"cancel_scope", "closing time"});
}

TEST_CASE("the reasons of a timeout and of a group tell what has happened", "[runtime][scope][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto body = [&]() -> task<> {
      try {
        co_await sleep(1h);
      } catch (cancelled_error const& e) {
        log.push_back(e.what());
        throw;
      }
    };
    for (auto const d :
         {clock::duration(2s), clock::duration(500ms), clock::duration(7us), clock::duration(3ns), clock::duration(0)}) {
      try {
        co_await timeout(d, body);
      } catch (timeout_error const&) {
      }
    }
    try {
      co_await with_task_group([&](task_group& g) {
        g.spawn(halka::test::fail_after<boom>, 1ms);
        return body();
      });
    } catch (exception_group const&) {
    }
    co_await with_task_group([&](task_group& g) {
      g.cancel();
      return body();
    });
  });
  CHECK(log == trace{"timeout after 2 s", "timeout after 500 ms", "timeout after 7 us", "timeout after 3 ns",
                     "timeout, without any time left", "a task of the group failed", "the task group was cancelled"});
}

TEST_CASE("of two requests the reason of the outer one is told, whichever came last", "[runtime][scope][cancel]") {
  for (bool const outside_first : {true, false}) {
    std::string reason;
    run_virtual([&]() -> task<> {
      cancel_scope s;
      auto t = spawn([&]() -> task<> { co_await s.run(wait_for_ever); });
      co_await yield_now();
      if (outside_first) t.cancel("outside");
      s.cancel("inside");
      if (!outside_first) t.cancel("outside");
      try {
        co_await t;
      } catch (cancelled_error const& e) {
        reason = e.reason();
      }
      CHECK(t.cancelled());
    });
    CHECK(reason == "outside");
  }
}

TEST_CASE("scopes of all kinds can be cancelled everywhere", "[runtime][scope][cancel]") {
  auto body = []() -> task<> {
    counted const held;
    cancel_scope by_deadline({.deadline = clock::now() + 2ms}), edge({.level_triggered = false});
    co_await by_deadline.run([]() -> task<> { co_await work_and_clean_up(1, 1s); });
    co_await edge.run([&]() -> task<> {
      auto other = spawn([&]() -> task<> {
        co_await sleep(1ms);
        edge.cancel();
      });
      co_await gather(work_and_clean_up(2, 9ms), other);
    });
    co_await yield_now();
  };
  CHECK(problems_when_cancelled(body) == trace{});
}
