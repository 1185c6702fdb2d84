// SPDX-License-Identifier: MIT
#include "../support/cancel_everywhere.hpp"
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <limits>
#include <memory>
#include <stdexcept>

using namespace halka;
using namespace std::chrono_literals;
using halka::test::boom;
using halka::test::counted;
using halka::test::problems_when_cancelled;
using halka::test::run_virtual;
using halka::test::trace;

TEST_CASE("fail_after yields the value of its body", "[runtime][scope][fail_after]") {
  run_virtual([]() -> task<> {
    auto pointer = co_await fail_after(1s, []() -> task<std::unique_ptr<int>> {
      co_await sleep(1ms);
      co_return std::make_unique<int>(3);
    });
    CHECK(*pointer == 3);
    int n = 0;
    int& same = co_await fail_at(never, [&](cancel_scope&) -> int& { return n; });
    CHECK(&same == &n);
    co_await fail_after(1s, [] { return halka::test::nap(1ms); });
    CHECK(get_running_loop().statistics().timers == 0);
  });
}

TEST_CASE("fail_after throws timeout_error when the time is up, and interrupts every suspension until then",
          "[runtime][scope][fail_after]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto const begin = clock::now();
    try {
      co_await fail_after(5ms, [&]() -> task<> {
        try {
          co_await sleep(1h);
        } catch (cancelled_error const&) {
          log.push_back("once");
        }
        co_await sleep(1h);
      });
    } catch (timeout_error const& e) {
      log.push_back(e.what());
    }
    CHECK(clock::now() - begin == 5ms);
    CHECK(current_task().cancelling() == 0);
    co_await yield_now();
  });
  CHECK(log == trace{"once", "timed out"});
}

TEST_CASE("fail_after without time left cancels at the first suspension, never before", "[runtime][scope][fail_after]") {
  trace log;
  run_virtual([&]() -> task<> {
    co_await fail_after(-1s, [&] { log.push_back("ran"); });
    try {
      co_await fail_after(0s, [&]() -> task<> {
        log.push_back("began");
        co_await yield_now();
        log.push_back("no");
      });
    } catch (timeout_error const&) {
      log.push_back("timed out");
    }
    bool refused = false;
    try {
      co_await fail_after(std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN()), [] {});
    } catch (std::invalid_argument const&) {
      refused = true;
    }
    CHECK(refused);
  });
  CHECK(log == trace{"ran", "began", "timed out"});
}

TEST_CASE("fail_after lets other errors through, and a cancellation from outside wins over its deadline",
          "[runtime][scope][fail_after][cancel]") {
  run_virtual([]() -> task<> {
    bool threw = false;
    try {
      co_await fail_after(1ms, []() -> task<> {
        try {
          co_await sleep(1h);
        } catch (cancelled_error const&) {
        }
        throw boom();
      });
    } catch (boom const&) {
      threw = true;
    }
    CHECK(threw);
    auto t = spawn([]() -> task<> { co_await fail_after(5ms, halka::test::wait_for_ever); });
    get_running_loop().call_later(5ms, [t] { t.cancel("outside"); });
    co_await sleep(10ms);
    CHECK(t.cancelled());
    auto u = spawn([]() -> task<> {
      current_task().cancel("outside");
      co_await fail_after(0s, halka::test::wait_for_ever);
    });
    co_await sleep(10ms);
    CHECK(u.cancelled());
  });
}

TEST_CASE("fail_after can be cancelled everywhere", "[runtime][scope][fail_after][cancel]") {
  auto body = []() -> task<> {
    counted const held;
    try {
      co_await fail_after(3ms, []() -> task<> {
        try {
          co_await fail_after(1ms, []() -> task<> { co_await halka::test::work_and_clean_up(1, 1s); });
        } catch (timeout_error const&) {
        }
        co_await halka::test::work(1, 1s);
      });
    } catch (timeout_error const&) {
    }
    co_await yield_now();
  };
  CHECK(problems_when_cancelled(body) == trace{});
}
