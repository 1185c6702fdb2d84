// SPDX-License-Identifier: MIT
#include "../support/cancel_everywhere.hpp"
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <exception>
#include <string>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

TEST_CASE("a shielded scope keeps requests from outside until it is left", "[runtime][scope][shield]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto t = spawn([&]() -> task<> {
      cancel_scope s({.shield = true});
      co_await s.run([&]() -> task<> {
        co_await sleep(5ms);
        log.push_back("slept");
        co_await gather(nap(1ms), nap(2ms));
        log.push_back("gathered");
      });
      CHECK_FALSE(s.cancelled_caught());
      log.push_back("left");
      co_await yield_now();
      log.push_back("no");
    });
    co_await sleep(1ms);
    t.cancel("first");
    co_await sleep(1ms);
    t.cancel("second");
    CHECK(t.cancelling() == 2);
    try {
      co_await t;
    } catch (cancelled_error const& e) {
      log.push_back(std::string(e.reason()));
    }
  });
  CHECK(log == trace{"slept", "gathered", "left", "second"});
}

TEST_CASE("a shielded scope has its own cancel and its own deadline", "[runtime][scope][shield]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto t = spawn([&]() -> task<> {
      try {
        co_await sleep(1h);
      } catch (cancelled_error const&) {
      }
      current_task().cancel("while cleaning up");
      cancel_scope by_call({.shield = true}), by_deadline({.deadline = clock::now() + 3ms, .shield = true});
      co_await by_call.run([&]() -> task<> {
        get_running_loop().call_later(1ms, [&] { by_call.cancel(); });
        co_await sleep(1h);
      });
      co_await by_deadline.run(wait_for_ever);
      log.push_back(by_call.cancelled_caught() && by_deadline.cancelled_caught() ? "both" : "no");
      co_await yield_now();
      log.push_back("no");
    });
    co_await yield_now();
    t.cancel();
    co_await settle();
    co_await sleep(10ms);
    CHECK(t.cancelled());
  });
  CHECK(log == trace{"both"});
}

TEST_CASE("clean-up in a shielded scope runs inside a cancelled scope, which then goes on throwing", "[runtime][scope][shield]") {
  trace log;
  run_virtual([&]() -> task<> {
    cancel_scope outer;
    co_await outer.run([&]() -> task<> {
      outer.cancel();
      cancel_scope s({.shield = true});
      co_await s.run([&]() -> task<> {
        co_await sleep(1ms);
        log.push_back("cleaned up");
      });
      try {
        co_await sleep(1ms);
        log.push_back("no");
      } catch (cancelled_error const&) {
        log.push_back("C");
        throw;
      }
    });
    CHECK(outer.cancelled_caught());
    co_await yield_now();
  });
  CHECK(log == trace{"cleaned up", "C"});
}

TEST_CASE("a timeout in a shield knows nothing of a request from outside", "[runtime][scope][shield][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto t = spawn([&]() -> task<> {
      cancel_scope s({.shield = true});
      co_await s.run([&]() -> task<> {
        try {
          co_await wait_for(nap(1h), 5ms);
        } catch (timeout_error const&) {
          log.push_back("timed out");
        }
        co_await sleep(1ms);
        log.push_back("went on");
      });
      co_await yield_now();
      log.push_back("no");
    });
    co_await sleep(1ms);
    t.cancel();
    co_await sleep(1s);
    CHECK(t.cancelled());
  });
  CHECK(log == trace{"timed out", "went on"});
}

TEST_CASE("shield(x) in a cancelled scope throws at once, and x runs on", "[runtime][scope][shield]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto inner = [&]() -> task<> {
      co_await sleep(5ms);
      log.push_back("inner");
    };
    cancel_scope s;
    auto const begin = clock::now();
    co_await s.run([&]() -> task<> {
      s.cancel();
      co_await shield(inner());
      log.push_back("no");
    });
    CHECK(s.cancelled_caught());
    CHECK(clock::now() == begin);
    co_await sleep(10ms);
  });
  CHECK(log == trace{"inner"});
}

TEST_CASE("with closes its resource inside a cancelled scope", "[runtime][scope][with]") {
  struct door {
    trace* log;
    task<> close() {
      co_await sleep(5ms);
      co_await yield_now();
      log->push_back("closed");
    }
  };
  trace log;
  run_virtual([&]() -> task<> {
    door d{&log};
    cancel_scope s;
    co_await s.run([&]() -> task<> {
      co_await with(d, [&](door&) -> task<> {
        s.cancel();
        co_await sleep(1s);
      });
    });
    CHECK(s.cancelled_caught());
  });
  CHECK(log == trace{"closed"});
}

TEST_CASE("a clean-up in a shielded scope can be cancelled everywhere, and is done", "[runtime][scope][cancel]") {
  int begun = 0, done = 0;
  auto body = [&]() -> task<> {
    std::exception_ptr error;
    ++begun;
    try {
      co_await work(1);
    } catch (...) {
      error = std::current_exception();
    }
    cancel_scope last({.shield = true});
    co_await last.run([&]() -> task<> {
      co_await work(2);
      ++done;
    });
    if (error) std::rethrow_exception(error);
    co_await yield_now();
  };
  CHECK(problems_when_cancelled(body) == trace{});
  CHECK(begun == done);
}
