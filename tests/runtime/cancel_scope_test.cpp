// SPDX-License-Identifier: MIT
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

TEST_CASE("a scope that is not cancelled changes nothing", "[runtime][scope]") {
  run_virtual([]() -> task<> {
    cancel_scope s;
    bool threw = false;
    try {
      co_await s.run([]() -> task<> {
        co_await sleep(1ms);
        throw boom();
      });
    } catch (boom const&) {
      threw = true;
    }
    CHECK(threw);
    CHECK_FALSE(s.cancel_called());
    CHECK_FALSE(s.cancelled_caught());
  });
}

TEST_CASE("a scope that was cancelled before it is entered cancels its body at the first suspension", "[runtime][scope]") {
  trace log;
  run_virtual([&]() -> task<> {
    cancel_scope s;
    s.cancel();
    co_await s.run([&]() -> task<> {
      log.push_back("runs");
      co_await yield_now();
      log.push_back("no");
    });
    CHECK(s.cancelled_caught());
    co_await yield_now();
  });
  CHECK(log == trace{"runs"});
}

TEST_CASE("another task can cancel a scope, and only that block ends", "[runtime][scope]") {
  trace log;
  run_virtual([&]() -> task<> {
    cancel_scope s;
    auto const begin = clock::now();
    auto other = spawn([&]() -> task<> {
      co_await sleep(5ms);
      s.cancel();
    });
    co_await s.run([&]() -> task<> { co_await note_cancel(log, "body"); });
    CHECK(clock::now() - begin == 5ms);
    CHECK(current_task().cancelling() == 0);
    co_await sleep(1ms);
    log.push_back("after");
    co_await other;
  });
  CHECK(log == trace{"body", "after"});
}

TEST_CASE("every kind of suspension throws in a cancelled scope", "[runtime][scope]") {
  trace log;
  run_virtual([&]() -> task<> {
    cancel_scope s;
    s.cancel();
    auto note = [&](task<> step) -> task<> {
      try {
        co_await std::move(step);
        log.push_back("went on");
      } catch (cancelled_error const&) {
        log.push_back("C");
      }
    };
    event e;
    semaphore none(0);
    future<> f;
    auto t = spawn(wait_for_ever);
    co_await s.run([&]() -> task<> {
      co_await note([]() -> task<> { co_await yield_now(); }());
      co_await note([&]() -> task<> { co_await e.wait(); }());
      co_await note([&]() -> task<> { co_await none.acquire(); }());
      co_await note([&]() -> task<> { co_await shield(t); }());
      co_await note([&]() -> task<> { co_await f; }());
      co_await note([&]() -> task<> { co_await gather(nap(1s), wait_for_ever()); }());
      co_await note([&]() -> task<> { co_await with_task_group([](task_group& g) { g.spawn(wait_for_ever); }); }());
    });
    CHECK(none.statistics().waiting == 0);
    CHECK(e.statistics().waiting == 0);
    CHECK(f.cancelled());
    CHECK_FALSE(t.done());
    t.cancel();
    co_await settle();
    CHECK(all_tasks().size() == 1);
  });
  CHECK(log == trace{"C", "C", "C", "C", "C", "C", "C"});
}

TEST_CASE("another error leaves a cancelled scope as it is", "[runtime][scope]") {
  run_virtual([]() -> task<> {
    cancel_scope s;
    bool threw = false;
    try {
      co_await s.run([&]() -> task<> {
        s.cancel();
        try {
          co_await yield_now();
        } catch (cancelled_error const&) {
        }
        throw boom();
      });
    } catch (boom const&) {
      threw = true;
    }
    CHECK(threw);
    CHECK_FALSE(s.cancelled_caught());
    co_await yield_now();
  });
}

TEST_CASE("leaving an inner scope does not end the cancellation of the outer one", "[runtime][scope]") {
  trace log;
  run_virtual([&]() -> task<> {
    cancel_scope outer, inner;
    auto note = [&](char const* where) -> task<> {
      try {
        co_await sleep(1s);
      } catch (cancelled_error const&) {
        log.push_back(where);
      }
    };
    co_await outer.run([&]() -> task<> {
      co_await inner.run([&]() -> task<> {
        outer.cancel();
        co_await note("inner");
      });
      co_await note("outer");
    });
    co_await yield_now();
    log.push_back("outside");
  });
  CHECK(log == trace{"inner", "outer", "outside"});
}

TEST_CASE("a scope does not absorb a cancellation of its task", "[runtime][scope][cancel]") {
  run_virtual([]() -> task<> {
    auto t = spawn([]() -> task<> {
      cancel_scope s;
      co_await s.run([&]() -> task<> {
        s.cancel();
        current_task().cancel("task");
        co_await sleep(1s);
      });
    });
    co_await settle();
    CHECK(t.cancelled());
  });
}

TEST_CASE("a scope does not absorb a request that was pending before it was entered", "[runtime][scope][cancel]") {
  run_virtual([]() -> task<> {
    auto t = spawn([]() -> task<> {
      current_task().cancel("earlier");
      cancel_scope s;
      co_await s.run([&]() -> task<> {
        s.cancel();
        co_await sleep(1s);
      });
    });
    co_await settle();
    CHECK(t.cancelled());
  });
}

TEST_CASE("a failed gather in a cancelled scope leaves nothing behind the scope", "[runtime][scope][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    cancel_scope s;
    auto slow = []() -> task<> {
      try {
        co_await sleep(10s);
      } catch (cancelled_error const&) {
      }
      co_await sleep(10ms);
    };
    get_running_loop().call_later(5ms, [&] { s.cancel(); });
    co_await s.run([&]() -> task<> {
      try {
        co_await gather(fail_after<boom>(1ms), slow());
      } catch (boom const&) {
        log.push_back("boom");
      }
    });
    co_await yield_now();
    log.push_back("outside");
  });
  CHECK(log == trace{"boom", "outside"});
}

TEST_CASE("a scope is entered once", "[runtime][scope]") {
  run_virtual([]() -> task<> {
    cancel_scope s;
    co_await s.run([] {});
    bool refused = false;
    try {
      co_await s.run([] {});
    } catch (std::logic_error const&) {
      refused = true;
    }
    CHECK(refused);
  });
}

TEST_CASE("a thousand nested scopes work", "[runtime][scope]") {
  // trio: test_very_deep_cancel_scope_nesting
  struct nest {
    std::vector<std::unique_ptr<cancel_scope>> scopes;
    task<> enter(std::size_t i) {
      if (i == 1000) {
        scopes.front()->cancel();
        co_await sleep(1s);
      }
      scopes.push_back(std::make_unique<cancel_scope>());
      cancel_scope& mine = *scopes.back();
      co_await mine.run([this, i] { return enter(i + 1); });
    }
  };
  run_virtual([]() -> task<> {
    nest n;
    co_await n.enter(0);
    CHECK(n.scopes.size() == 1000);
    CHECK(n.scopes.front()->cancelled_caught());
    CHECK_FALSE(n.scopes.at(1)->cancelled_caught());
    co_await yield_now();
  });
}
