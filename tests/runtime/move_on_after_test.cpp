// SPDX-License-Identifier: MIT
#include "../support/cancel_everywhere.hpp"
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

TEST_CASE("move_on_after yields the value of its body, or nothing when the time was up", "[runtime][scope][move_on]") {
  run_virtual([]() -> task<> {
    std::optional<std::unique_ptr<int>> in_time = co_await move_on_after(1s, []() -> task<std::unique_ptr<int>> {
      co_await sleep(1ms);
      co_return std::make_unique<int>(3);
    });
    CHECK(**in_time == 3);
    auto const begin = clock::now();
    std::optional<int> late = co_await move_on_after(5ms, [](cancel_scope&) -> task<int> {
      co_await sleep(1h);
      co_return 1;
    });
    CHECK_FALSE(late);
    CHECK(clock::now() - begin == 5ms);
    std::optional<int> plain = co_await move_on_at(never, [] { return 4; });
    CHECK(plain == 4);
    CHECK(get_running_loop().statistics().timers == 0);
  });
}

TEST_CASE("move_on_after tells whether a body without a value ended by itself", "[runtime][scope][move_on]") {
  run_virtual([]() -> task<> {
    bool const in_time = co_await move_on_after(1s, [] { return nap(1ms); });
    CHECK(in_time);
    bool const late = co_await move_on_after(1ms, wait_for_ever);
    CHECK_FALSE(late);
    bool const moved = co_await move_on_after(1ms, [](cancel_scope& s) -> task<> {
      s.reschedule(clock::now() + 1h);
      co_await sleep(1s);
    });
    CHECK(moved);
    bool const given_up = co_await move_on_after(1h, [](cancel_scope& s) -> task<> {
      s.cancel();
      co_await sleep(1s);
    });
    CHECK_FALSE(given_up);
    co_await yield_now();
  });
}

TEST_CASE("move_on_after without time left cancels at the first suspension, never before", "[runtime][scope][move_on]") {
  trace log;
  run_virtual([&]() -> task<> {
    for (auto const d : {0s, -11s}) {
      bool const done = co_await move_on_after(d, [&] { log.push_back("ran"); });
      CHECK(done);
      bool const late = co_await move_on_after(d, [&]() -> task<> {
        log.push_back("began");
        co_await yield_now();
        log.push_back("no");
      });
      CHECK_FALSE(late);
    }
    bool refused = false;
    try {
      co_await move_on_after(std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN()), [] {});
    } catch (std::invalid_argument const&) {
      refused = true;
    }
    CHECK(refused);
  });
  CHECK(log == trace{"ran", "began", "ran", "began"});
}

TEST_CASE("once the time of move_on_after is up, every suspension throws", "[runtime][scope][move_on]") {
  trace log;
  run_virtual([&]() -> task<> {
    bool const done = co_await move_on_after(1ms, [&]() -> task<> {
      for (int i = 0; i < 3; ++i) {
        try {
          co_await sleep(1s);
        } catch (cancelled_error const&) {
          log.push_back("C");
        }
      }
    });
    CHECK(done);  // it swallowed them all
    co_await yield_now();
  });
  CHECK(log == trace{"C", "C", "C"});
}

TEST_CASE("move_on_after lets errors and cancellations from outside through", "[runtime][scope][move_on][cancel]") {
  run_virtual([]() -> task<> {
    bool threw = false;
    try {
      co_await move_on_after(1s, [] { return halka::test::fail_after<boom>(1ms); });
    } catch (boom const&) {
      threw = true;
    }
    CHECK(threw);
    auto t = spawn([]() -> task<> { co_await move_on_after(5ms, wait_for_ever); });
    co_await sleep(1ms);
    t.cancel("outside");
    std::string reason;
    try {
      co_await t;
    } catch (cancelled_error const& e) {
      reason = e.reason();
    }
    CHECK(reason == "outside");
  });
}

TEST_CASE("move_on_after can be cancelled everywhere", "[runtime][scope][move_on][cancel]") {
  auto body = []() -> task<> {
    counted const held;
    co_await move_on_after(3ms, [](cancel_scope& outer) -> task<> {
      co_await move_on_after(1ms, []() -> task<> { co_await work_and_clean_up(1, 1s); });
      outer.reschedule(clock::now() + 2ms);
      co_await work(1, 1s);
    });
    co_await yield_now();
  };
  CHECK(problems_when_cancelled(body) == trace{});
}
