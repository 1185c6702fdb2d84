// SPDX-License-Identifier: MIT
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <limits>
#include <memory>
#include <stdexcept>
#include <string>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

TEST_CASE("a timeout block yields what its body returns, also what can only be moved", "[runtime][timeout]") {
  run_virtual([]() -> task<> {
    auto pointer = co_await timeout(1s, []() -> task<std::unique_ptr<int>> {
      co_await sleep(1ms);
      co_return std::make_unique<int>(3);
    });
    CHECK(*pointer == 3);
    int const plain = co_await timeout(1s, [](timeout_scope&) { return 4; });
    CHECK(plain == 4);
    int n = 0;
    int& same = co_await timeout_at(never, [&]() -> task<int&> { co_return n; });
    CHECK(&same == &n);
  });
}

TEST_CASE("timeout_at fires at its point in time", "[runtime][timeout]") {
  run_virtual([]() -> task<> {
    auto const deadline = clock::now() + 7ms;
    bool timed_out = false;
    try {
      co_await timeout_at(deadline, [&](timeout_scope& s) -> task<> {
        CHECK(s.when() == deadline);
        co_await sleep(1s);
      });
    } catch (timeout_error const& e) {
      timed_out = true;
      CHECK(e.what() == std::string("timed out"));
    }
    CHECK(timed_out);
    CHECK(clock::now() == deadline);
  });
}

TEST_CASE("a delay is counted from the co_await, not from the call", "[runtime][timeout]") {
  run_virtual([]() -> task<> {
    auto block = wait_for(value_after<int>(5ms, 1), 10ms);
    co_await sleep(1s);
    int const n = co_await std::move(block);
    CHECK(n == 1);
  });
}

TEST_CASE("a delay that is not a number is refused", "[runtime][timeout]") {
  run_virtual([]() -> task<> {
    std::chrono::duration<double> const nan(std::numeric_limits<double>::quiet_NaN());
    bool refused = false;
    auto t = nap(1ms);
    try {
      co_await wait_for(std::move(t), nan);
    } catch (std::invalid_argument const&) {
      refused = true;
    }
    CHECK(refused);
    t.discard();
  });
}

TEST_CASE("when a deadline and the end of the body come together, the deadline that was set first wins", "[runtime][timeout]") {
  run_virtual([]() -> task<> {
    bool timed_out = false;
    try {
      co_await wait_for(nap(10ms), 10ms);
    } catch (timeout_error const&) {
      timed_out = true;
    }
    CHECK(timed_out);
    CHECK(current_task().cancelling() == 0);
  });
}

TEST_CASE("of nested timeouts with one deadline only the outermost becomes timeout_error", "[runtime][timeout]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto const deadline = clock::now() + 10ms;
    try {
      co_await timeout_at(deadline, [&]() -> task<> {
        try {
          co_await timeout_at(deadline, []() -> task<> { co_await sleep(1s); });
        } catch (timeout_error const&) {
          log.push_back("inner");
        } catch (cancelled_error const&) {
          log.push_back("cancelled");
          throw;
        }
      });
    } catch (timeout_error const&) {
      log.push_back("outer");
    }
    CHECK(current_task().cancelling() == 0);
    co_await yield_now();
  });
  CHECK(log == trace{"cancelled", "outer"});
}

TEST_CASE("a cancellation from outside together with the deadline stays a cancellation", "[runtime][timeout][cancel]") {
  run_virtual([]() -> task<> {
    auto body = []() -> task<> {
      try {
        co_await sleep(1s);
      } catch (cancelled_error const&) {
      }
      co_await sleep(10ms);  // cleans up
    };
    auto t = spawn([&]() -> task<> { co_await timeout(5ms, body); });
    co_await sleep(6ms);
    t.cancel("outside");
    co_await settle();
    CHECK(t.cancelled());
  });
}

TEST_CASE("a request that was pending before the block does not become timeout_error", "[runtime][timeout][cancel]") {
  run_virtual([]() -> task<> {
    auto t = spawn([]() -> task<> {
      current_task().cancel("earlier");
      co_await timeout(0s, []() -> task<> { co_await sleep(1s); });
    });
    co_await settle();
    CHECK(t.cancelled());
  });
}

TEST_CASE("a timeout works inside the clean-up of a cancelled task", "[runtime][timeout][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto t = spawn([&]() -> task<> {
      try {
        co_await sleep(10s);
      } catch (cancelled_error const&) {
      }
      try {
        co_await wait_for(nap(10s), 5ms);
      } catch (timeout_error const&) {
        log.push_back("timed out");
      }
      log.push_back(std::to_string(current_task().cancelling()));
    });
    co_await sleep(1ms);
    t.cancel();
    co_await t;
  });
  CHECK(log == trace{"timed out", "1"});
}

TEST_CASE("a deadline that comes while a resource is closed in a clean-up leaves no request behind", "[runtime][timeout][cancel]") {
  struct slow {
    task<> close() { co_await sleep(10ms); }
  };
  trace log;
  run_virtual([&]() -> task<> {
    auto t = spawn([&]() -> task<> {
      try {
        co_await sleep(10s);
      } catch (cancelled_error const&) {
      }
      slow resource;
      co_await timeout(5ms, [&]() -> task<> { co_await with(resource, [](slow&) {}); });
      co_await sleep(1ms);
      log.push_back("clean");
    });
    co_await sleep(1ms);
    t.cancel();
    co_await sleep(1s);
    CHECK_FALSE(t.cancelled());
  });
  CHECK(log == trace{"clean"});
}

TEST_CASE("wait_for with no time left yields what is ready and does not begin a coroutine", "[runtime][timeout]") {
  captured_reports reports;
  trace log;
  run_virtual([&]() -> task<> {
    future<int> f;
    f.set_result(1);
    int const ready = co_await wait_for(f, 0s);
    CHECK(ready == 1);
    auto done = spawn(value_after<int>, 0ms, 2);
    co_await settle();
    int const ended = co_await wait_for(done, -1s);
    CHECK(ended == 2);
    auto body = [&]() -> task<> {
      log.push_back("ran");
      co_return;
    };
    try {
      co_await wait_for(body(), 0s);
    } catch (timeout_error const&) {
      log.push_back("timed out");
    }
    auto running = spawn(wait_for_ever);
    co_await yield_now();
    try {
      co_await wait_for(running, 0s);
    } catch (timeout_error const&) {
      log.push_back(running.cancelled() ? "cancelled" : "not cancelled");
    }
  });
  CHECK(log == trace{"timed out", "cancelled"});
  CHECK(reports.texts() == trace{});
}

TEST_CASE("wait_for a future that is late cancels the future", "[runtime][timeout]") {
  run_virtual([]() -> task<> {
    future<int> f;
    bool timed_out = false;
    try {
      co_await wait_for(f, 1ms);
    } catch (timeout_error const&) {
      timed_out = true;
    }
    CHECK(timed_out);
    CHECK(f.cancelled());
  });
}
