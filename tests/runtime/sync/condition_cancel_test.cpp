// SPDX-License-Identifier: MIT
#include "../../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

task<> wait_and_note(condition& c, trace& log, std::string name) {
  auto held = co_await c.hold();
  try {
    co_await c.wait();
  } catch (cancelled_error const& e) {
    log.push_back(name + " cancelled" + (e.reason().empty() ? "" : ": " + std::string(e.reason())) +
                  (c.statistics().holder == current_task().id() ? "" : ", without the lock"));
    throw;
  }
  log.push_back(std::move(name));
}

}  // namespace

TEST_CASE("a cancelled wait takes a free lock in the pass of the cancellation", "[runtime][condition][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    condition c;
    auto a = spawn(wait_and_note, std::ref(c), std::ref(log), "a");
    co_await yield_now();
    a.cancel("enough");
    CHECK(c.statistics().holder == a.id());
    CHECK(c.statistics().waiting == 0);
    co_await yield_now();
    CHECK(a.cancelled());
    CHECK_FALSE(c.locked());
  });
  CHECK(log == trace{"a cancelled: enough"});
}

TEST_CASE("a wait that is cancelled again and again holds the lock at its end, and throws the last reason",
          "[runtime][condition][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    condition c;
    auto a = spawn(wait_and_note, std::ref(c), std::ref(log), "a");
    co_await yield_now();
    co_await c.acquire();
    for (char const* reason : {"once", "twice", "three times"}) {
      a.cancel(reason);
      co_await yield_now();
      CHECK_FALSE(a.done());
    }
    c.release();
    co_await settle();
    CHECK(a.cancelled());
    CHECK(a.cancelling() == 3);
    CHECK_FALSE(c.locked());
  });
  CHECK(log == trace{"a cancelled: three times"});
}

TEST_CASE("a notified task that is cancelled while it waits for the lock notifies another", "[runtime][condition][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    condition c;
    auto a = spawn(wait_and_note, std::ref(c), std::ref(log), "a");
    auto b = spawn(wait_and_note, std::ref(c), std::ref(log), "b");
    co_await settle();
    co_await c.acquire();
    c.notify();
    a.cancel();
    co_await settle();
    CHECK_FALSE(a.done());
    c.release();
    co_await settle();
    CHECK(a.cancelled());
    CHECK(b.done());
    CHECK_FALSE(c.locked());
  });
  CHECK(log == trace{"a cancelled", "b"});
}

TEST_CASE("a notified task that is cancelled when it was handed the lock notifies another", "[runtime][condition][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    condition c;
    auto a = spawn(wait_and_note, std::ref(c), std::ref(log), "a");
    auto b = spawn(wait_and_note, std::ref(c), std::ref(log), "b");
    co_await settle();
    co_await c.acquire();
    c.notify();
    c.release();
    CHECK(c.statistics().holder == a.id());
    a.cancel();
    co_await settle();
    CHECK(a.cancelled());
    CHECK(b.done());
    CHECK_FALSE(c.locked());
  });
  CHECK(log == trace{"a cancelled", "b"});
}

TEST_CASE("a task that is cancelled before it was notified notifies nobody", "[runtime][condition][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    condition c;
    auto a = spawn(wait_and_note, std::ref(c), std::ref(log), "a");
    auto b = spawn(wait_and_note, std::ref(c), std::ref(log), "b");
    co_await settle();
    a.cancel();
    co_await settle();
    CHECK_FALSE(b.done());
    b.cancel();
    co_await settle();
  });
  CHECK(log == trace{"a cancelled", "b cancelled"});
}

TEST_CASE("a wait in a cancelled scope holds the lock again when it throws", "[runtime][condition][scope]") {
  trace log;
  run_virtual([&]() -> task<> {
    condition c;
    cancel_scope scope;
    scope.cancel();
    auto competitor = spawn([&]() -> task<> {
      co_await c.acquire();
      co_await settle();
      log.push_back("competitor");
      c.release();
    });
    co_await scope.run([&]() -> task<> {
      auto held = co_await c.hold();
      try {
        co_await c.wait();
      } catch (cancelled_error const&) {
        log.push_back("first");
        CHECK(c.statistics().holder == current_task().id());
      }
      co_await c.wait();
    });
    CHECK(scope.cancelled_caught());
    co_await competitor;
    CHECK_FALSE(c.locked());

    // Contested: the competitor has asked for the lock before.
    cancel_scope later;
    co_await later.run([&]() -> task<> {
      co_await c.acquire();
      auto other = spawn([&]() -> task<> {
        co_await c.acquire();
        co_await settle();
        log.push_back("other");
        c.release();
      });
      co_await yield_now();
      later.cancel();
      bool mine = false;
      try {
        co_await c.wait();
      } catch (cancelled_error const&) {
        mine = c.statistics().holder == current_task().id();
      }
      CHECK(mine);
      CHECK(other.done());
      c.release();
    });
    CHECK_FALSE(c.locked());
  });
  CHECK(log == trace{"first", "competitor", "other"});
}

TEST_CASE("a timeout around a wait leaves the lock held", "[runtime][condition][cancel]") {
  // test_timeout_in_block
  run_virtual([]() -> task<> {
    condition c;
    bool held_after = false;
    auto held = co_await c.hold();
    try {
      co_await wait_for(c.wait(), 5ms);
    } catch (timeout_error const&) {
      held_after = c.locked();
    }
    CHECK(held_after);
  });
}
