// SPDX-License-Identifier: MIT
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

TEST_CASE("a task that is cancelled before its first step never begins", "[sched][cancel]") {
  counted::alive = 0;
  bool begun = false;
  run_virtual([&]() -> task<> {
    auto body = [&begun](counted) -> task<> {
      begun = true;
      co_return;
    };
    auto t = create_task(body(counted(1)));
    t.cancel("too early");
    std::string reason;
    try {
      co_await t;
    } catch (cancelled_error const& e) {
      reason = e.reason();
    }
    CHECK(reason == "too early");
    CHECK(counted::alive == 0);
  });
  CHECK_FALSE(begun);
}

TEST_CASE("a task that cancels itself and returns without suspending ends cancelled", "[sched][cancel]") {
  run_virtual([]() -> task<> {
    auto t = spawn([]() -> task<int> {
      current_task().cancel();
      co_return 1;
    });
    co_await settle();
    CHECK(t.cancelled());
  });
}

TEST_CASE("uncancel at zero forgets a request that was not delivered yet", "[sched][cancel]") {
  run_virtual([]() -> task<> {
    auto t = spawn([]() -> task<int> {
      current_task().cancel();
      current_task().cancel();
      CHECK(current_task().uncancel() == 1);
      CHECK(current_task().uncancel() == 0);
      CHECK(current_task().uncancel() == 0);
      co_await yield_now();
      co_return 1;
    });
    int const result = co_await t;
    CHECK(result == 1);
  });
}

TEST_CASE("several requests before the delivery give one exception", "[sched][cancel]") {
  int caught = 0;
  run_virtual([&]() -> task<> {
    auto body = [&caught]() -> task<> {
      for (int i = 0; i < 3; ++i) {
        try {
          co_await sleep(1s);
        } catch (cancelled_error const&) {
          ++caught;
        }
      }
    };
    auto t = spawn(body);
    co_await yield_now();
    t.cancel();
    t.cancel();
    t.cancel();
    co_await t;
    CHECK(t.cancelling() == 3);
  });
  CHECK(caught == 1);
}

TEST_CASE("a request that comes when the result is there already is thrown, and the future keeps the result", "[sched][cancel]") {
  run_virtual([]() -> task<> {
    future<int> f;
    auto t = spawn([&]() -> task<int> { co_return co_await f; });
    co_await yield_now();
    f.set_result(5);
    t.cancel();
    co_await settle();
    CHECK(t.cancelled());
    CHECK(f.result() == 5);
  });
}

TEST_CASE("an await that does not suspend is no point of cancellation", "[sched][cancel]") {
  run_virtual([]() -> task<> {
    trace log;
    future<> done;
    done.set_result();
    auto body = [&]() -> task<> {
      current_task().cancel();
      co_await done;
      log.push_back("after a future that was set");
      try {
        co_await yield_now();
      } catch (cancelled_error const&) {
        log.push_back("cancelled at the suspension");
        throw;
      }
    };
    auto t = spawn(body);
    co_await settle();
    CHECK(t.cancelled());
    CHECK(log == trace{"after a future that was set", "cancelled at the suspension"});
  });
}

TEST_CASE("an exception that replaces the cancellation makes the task fail", "[sched][cancel]") {
  run_virtual([]() -> task<> {
    auto t = spawn([]() -> task<> {
      try {
        co_await sleep(1s);
      } catch (cancelled_error const&) {
        throw boom();
      }
    });
    co_await yield_now();
    t.cancel();
    co_await settle();
    CHECK_FALSE(t.cancelled());
    CHECK(kind(t.exception()) == "boom");
  });
}

TEST_CASE("a cancellation goes through a chain of tasks to the innermost one and comes back", "[sched][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto innermost = [&]() -> task<> {
      try {
        co_await sleep(1000s);
      } catch (cancelled_error const& e) {
        log.push_back("innermost: " + std::string(e.reason()));
        throw;
      }
    };
    auto a = spawn(innermost);
    auto b = spawn([&]() -> task<> { co_await a; });
    auto c = spawn([&]() -> task<> { co_await b; });
    co_await settle();
    c.cancel("why");
    try {
      co_await c;
    } catch (cancelled_error const& e) {
      log.push_back("outermost: " + std::string(e.reason()));
    }
    CHECK(a.cancelled());
    CHECK(b.cancelled());
  });
  CHECK(log == trace{"innermost: why", "outermost: why"});
}

TEST_CASE("catch (std::exception const&) does not swallow a cancellation", "[sched][cancel]") {
  run_virtual([]() -> task<> {
    auto t = spawn([]() -> task<> {
      try {
        co_await sleep(1000s);
      } catch (std::exception const&) {
      }
    });
    co_await yield_now();
    t.cancel();
    co_await settle();
    CHECK(t.cancelled());
  });
}

TEST_CASE("a sleep that is cancelled when its deadline has passed already ends once", "[sched][cancel][sleep]") {
  // On the real clock: a virtual one does not go on while a task runs.
  halka::run([]() -> task<> {
    trace log;
    auto sleeper = [&log]() -> task<> {
      try {
        co_await sleep(1ms);
      } catch (cancelled_error const&) {
        log.push_back("cancelled");
      }
      co_await sleep(20ms);
      log.push_back("slept");
    };
    auto t = spawn(sleeper);
    co_await yield_now();
    auto const begin = clock::now();
    while (clock::now() < begin + 2ms) {
    }
    t.cancel();
    co_await t;
    auto const took = clock::now() - begin;
    CHECK(log == trace{"cancelled", "slept"});
    CHECK(took >= 20ms);
  });
}
