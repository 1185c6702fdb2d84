// SPDX-License-Identifier: MIT
// What becomes of requests that were taken, but did not come back as an exception. All others:
// tests/runtime/nested_blocks_test.cpp.
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

/// Swallows its cancellation.
task<> stubborn() {
  try {
    co_await sleep(1h);
  } catch (cancelled_error const&) {
  }
}

/// A gather that fails while it is being cancelled by `scope`, which ends with the failure. The request comes back from the gather
/// and goes with the scope.
task<> fail_in(cancel_scope& scope) {
  auto slow = []() -> task<> {
    try {
      co_await sleep(1h);
    } catch (cancelled_error const&) {
    }
    co_await sleep(10ms);
  };
  auto canceller = get_running_loop().call_later(5ms, [&] { scope.cancel(); });
  try {
    co_await scope.run([&]() -> task<> { co_await gather(halka::test::fail_after<boom>(1ms), slow()); });
  } catch (boom const&) {
  }
}

}  // namespace

TEST_CASE("a request that an awaited task has swallowed does not come again with a later one", "[sched][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto t = spawn([&]() -> task<> {
      auto child = spawn(stubborn);
      co_await child;
      log.push_back("swallowed");
      cancel_scope scope({.level_triggered = false});
      co_await fail_in(scope);
      co_await yield_now();
      log.push_back("went on");
    });
    co_await sleep(1ms);
    t.cancel();
    co_await sleep(1s);
    CHECK_FALSE(t.cancelled());
  });
  CHECK(log == trace{"swallowed", "went on"});
}

TEST_CASE("a request of a block that an awaited task has swallowed does not come again with one of a block inside",
          "[sched][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    cancel_scope outer({.level_triggered = false});
    get_running_loop().call_later(1ms, [&] { outer.cancel(); });
    co_await outer.run([&]() -> task<> {
      auto child = spawn(stubborn);
      co_await child;
      log.push_back("swallowed");
      cancel_scope inner({.level_triggered = false});
      co_await fail_in(inner);
      co_await yield_now();
      log.push_back("went on");
    });
    CHECK_FALSE(outer.cancelled_caught());
    CHECK(current_task().cancelling() == 0);
  });
  CHECK(log == trace{"swallowed", "went on"});
}

TEST_CASE("a request that came back with a result belongs to the block that made it", "[sched][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    cancel_scope scope({.level_triggered = false});
    co_await fail_in(scope);
    co_await yield_now();
    log.push_back("outside");
    cancel_scope outer({.level_triggered = false}), inner({.level_triggered = false});
    get_running_loop().call_later(5ms, [&] { outer.cancel(); });
    co_await outer.run([&]() -> task<> {
      co_await fail_in(inner);
      log.push_back("between");
      co_await yield_now();
      log.push_back("no");
    });
    CHECK(outer.cancelled_caught());
  });
  CHECK(log == trace{"outside", "between"});
}

TEST_CASE("an exception that is thrown by hand while two blocks ask belongs to the outer one", "[sched][cancel]") {
  run_virtual([]() -> task<> {
    cancel_scope outer, inner;
    co_await outer.run([&]() -> task<> {
      outer.cancel();
      co_await inner.run([&] {
        inner.cancel();
        throw cancelled_error("by hand");
      });
    });
    CHECK_FALSE(inner.cancelled_caught());
    CHECK(outer.cancelled_caught());
    co_await yield_now();
  });
}
