// SPDX-License-Identifier: MIT
#include "../../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

task<> hold_and_note(lock& l, trace& log, std::string name) {
  auto held = co_await l.hold();
  log.push_back(name + " in");
  co_await yield_now();
  log.push_back(name + " out");
}

}  // namespace

TEST_CASE("one task at a time is past the acquire of a lock", "[runtime][lock]") {
  trace log;
  run_virtual([&]() -> task<> {
    lock l;
    co_await with_task_group([&](task_group& g) {
      for (char const* name : {"a", "b", "c"}) g.spawn(hold_and_note, std::ref(l), std::ref(log), name);
    });
    CHECK_FALSE(l.locked());
  });
  CHECK(log == trace{"a in", "a out", "b in", "b out", "c in", "c out"});
}

TEST_CASE("taking a free lock does not suspend", "[runtime][lock]") {
  run_virtual([]() -> task<> {
    lock l;
    auto const before = get_running_loop().statistics().passes;
    co_await l.acquire();
    l.release();
    auto held = co_await l.hold();
    CHECK(get_running_loop().statistics().passes == before);
  });
}

TEST_CASE("a lock that was released is its next holder's before that has resumed", "[runtime][lock]") {
  run_virtual([]() -> task<> {
    lock l;
    trace log;
    CHECK(l.statistics().holder == 0);
    co_await l.acquire();
    CHECK(l.statistics().holder == current_task().id());
    auto a = spawn(hold_and_note, std::ref(l), std::ref(log), "a");
    co_await yield_now();
    CHECK(l.statistics().waiting == 1);
    l.release();
    CHECK(l.locked());
    CHECK(l.statistics().holder == a.id());
    CHECK(l.statistics().waiting == 0);
    co_await a;
    CHECK(l.statistics().holder == 0);
  });
}

TEST_CASE("any task may release a lock", "[runtime][lock]") {
  run_virtual([]() -> task<> {
    lock l;
    co_await l.acquire();
    auto other = spawn([&]() -> task<> {
      l.release();
      co_return;
    });
    co_await l.acquire();
    CHECK(other.done());
    l.release();
  });
}

TEST_CASE("a guard releases its lock once, also when it was moved or an exception passes it", "[runtime][lock]") {
  run_virtual([]() -> task<> {
    lock l;
    {
      auto a = co_await l.hold();
      auto b = std::move(a);
      CHECK(l.locked());
      { auto c = std::move(b); }
      CHECK_FALSE(l.locked());
    }
    CHECK_FALSE(l.locked());
    bool threw = false;
    try {
      auto held = co_await l.hold();
      throw boom();
    } catch (boom const&) {
      threw = true;
    }
    CHECK(threw);
    CHECK_FALSE(l.locked());
    {
      auto held = co_await l.hold();
      l.release();
    }
    CHECK_FALSE(l.locked());
  });
}

TEST_CASE("a task that is cancelled while it waits for a lock leaves the queue", "[runtime][lock][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    lock l;
    co_await l.acquire();
    auto a = spawn(hold_and_note, std::ref(l), std::ref(log), "a");
    auto b = spawn(hold_and_note, std::ref(l), std::ref(log), "b");
    co_await yield_now();
    a.cancel();
    CHECK(l.statistics().waiting == 1);
    l.release();
    co_await settle();
    CHECK(a.cancelled());
    CHECK(b.done());
    CHECK_FALSE(l.locked());
  });
  CHECK(log == trace{"b in", "b out"});
}

TEST_CASE("a task that was handed the lock and is cancelled passes it on, in the same pass", "[runtime][lock][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    lock l;
    co_await l.acquire();
    auto a = spawn(hold_and_note, std::ref(l), std::ref(log), "a");
    auto b = spawn(hold_and_note, std::ref(l), std::ref(log), "b");
    co_await yield_now();
    l.release();
    a.cancel();
    co_await yield_now();
    CHECK(l.statistics().holder == b.id());
    co_await settle();
    CHECK(a.cancelled());
    CHECK_FALSE(l.locked());

    co_await l.acquire();
    auto c = spawn(hold_and_note, std::ref(l), std::ref(log), "c");
    co_await yield_now();
    l.release();
    c.cancel();
    co_await yield_now();
    CHECK_FALSE(l.locked());  // nobody was left to take it
  });
  CHECK(log == trace{"b in", "b out"});
}

TEST_CASE("a lock that is reached with the budget of the step used up is kept over the pass", "[runtime][lock][cancel]") {
  run_virtual([]() -> task<> {
    lock l;
    auto t = spawn([&]() -> task<> {
      while (true) {
        co_await l.acquire();
        l.release();
      }
    });
    co_await yield_now();
    CHECK_FALSE(t.done());
    CHECK(l.locked());
    t.cancel();
    co_await settle();
    CHECK(t.cancelled());
    CHECK_FALSE(l.locked());
  });
}

TEST_CASE("a lock tells who holds it and how many wait before a task", "[runtime][lock]") {
  run_virtual([]() -> task<> {
    lock l;
    current_task().set_name("holder");
    co_await l.acquire();
    CHECK(detail::lock_and_holder(l) == "a lock held by 'holder'");
    l.release();
    auto ended = spawn([&]() -> task<> { co_await l.acquire(); });
    co_await ended;
    CHECK(detail::lock_and_holder(l) == "a lock held by task " + std::to_string(ended.id()) + ", which has ended");
  });
}

TEST_CASE("a lock that is destroyed while tasks wait leaves them to be cancelled", "[runtime][lock][cancel]") {
  run_virtual([]() -> task<> {
    auto l = std::make_unique<lock>();
    trace log;
    co_await l->acquire();
    auto a = spawn(hold_and_note, std::ref(*l), std::ref(log), "a");
    auto b = spawn(hold_and_note, std::ref(*l), std::ref(log), "b");
    co_await yield_now();
    l.reset();
    a.cancel();
    b.cancel();
    co_await settle();
    CHECK(a.cancelled());
    CHECK(b.cancelled());
  });
}
