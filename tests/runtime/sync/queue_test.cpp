// SPDX-License-Identifier: MIT
#include "../../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

/// Movable, and neither copyable nor assignable nor default constructible.
struct awkward {
  explicit awkward(int n) : value(std::make_unique<int const>(n)) {}
  awkward(awkward&&) = default;
  awkward& operator=(awkward&&) = delete;
  std::unique_ptr<int const> value;
};

/// Throws when it is moved while `fragile` says so.
struct brittle {
  explicit brittle(int n) : value(n) {}
  brittle(brittle&& other) : value(other.value) {
    if (fragile) throw boom();
  }
  int value;
  inline static bool fragile = false;
};

}  // namespace

TEST_CASE("put and get do not suspend while there is a place and an item", "[runtime][queue]") {
  run_virtual([]() -> task<> {
    queue<int> q(2);
    auto const passes = get_running_loop().statistics().passes;
    co_await q.put(1);
    co_await q.put(2);
    CHECK(q.full());
    CHECK(q.maxsize() == 2);
    int const first = co_await q.get();
    int const second = co_await q.get();
    CHECK(first == 1);
    CHECK(second == 2);
    CHECK(q.empty());
    CHECK(get_running_loop().statistics().passes == passes);
  });
}

TEST_CASE("zero and negative sizes are no limit", "[runtime][queue]") {
  for (int maxsize : {0, -1, -100}) {
    queue<int> q(maxsize);
    for (int i = 0; i < 100; ++i) q.put_nowait(i);
    CHECK_FALSE(q.full());
    CHECK(q.maxsize() == 0);
    CHECK(q.size() == 100);
  }
}

TEST_CASE("an item goes to the first who waits, one pass after the put", "[runtime][queue]") {
  trace log;
  run_virtual([&]() -> task<> {
    queue<std::string> q;
    auto take = [&](std::string name) -> task<> {
      std::string const item = co_await q.get();
      log.push_back(name + " got " + item);
    };
    spawn(take, "a");
    spawn(take, "b");
    co_await yield_now();
    CHECK(q.statistics().waiting_to_get == 2);
    co_await q.put("x");
    co_await q.put("y");
    co_await q.put("z");
    CHECK(log == trace{});
    co_await yield_now();
    CHECK(log == trace{"a got x", "b got y"});
    CHECK(q.size() == 1);
  });
}

TEST_CASE("an item that was promised to a waiting task is no longer there for others", "[runtime][queue]") {
  // trio: test_channel_fairness
  run_virtual([]() -> task<> {
    queue<int> q(1);
    auto getter = spawn([&]() -> task<int> { co_return co_await q.get(); });
    co_await yield_now();
    q.put_nowait(1);
    CHECK(q.size() == 0);
    CHECK(q.empty());
    CHECK(q.full());  // it keeps its place until it is taken
    CHECK_THROWS_AS(q.get_nowait(), queue_empty);
    CHECK_THROWS_AS(q.put_nowait(2), queue_full);
    int const taken = co_await getter;
    CHECK(taken == 1);
    CHECK(q.empty());
    CHECK_FALSE(q.full());
  });
}

TEST_CASE("a place that was promised to a waiting task is no longer there for others", "[runtime][queue]") {
  run_virtual([]() -> task<> {
    queue<int> q(1);
    q.put_nowait(1);
    auto putter = spawn([&]() -> task<> { co_await q.put(2); });
    co_await yield_now();
    CHECK(q.statistics().waiting_to_put == 1);
    CHECK(q.get_nowait() == 1);
    CHECK(q.full());
    CHECK(q.empty());
    CHECK_THROWS_AS(q.put_nowait(3), queue_full);
    int const next = co_await q.get();
    CHECK(next == 2);
    CHECK(putter.done());
  });
}

TEST_CASE("items of tasks that waited stay in order, also before the put of a task that never waited", "[runtime][queue]") {
  run_virtual([]() -> task<> {
    queue<int> q(2);
    q.put_nowait(1);
    q.put_nowait(2);
    auto waits = spawn([&]() -> task<> { co_await q.put(3); });
    co_await yield_now();
    CHECK(q.get_nowait() == 1);  // this place is promised
    CHECK(q.get_nowait() == 2);  // this one is free
    co_await q.put(4);
    CHECK(waits.done());
    CHECK(q.get_nowait() == 3);
    CHECK(q.get_nowait() == 4);
  });
}

TEST_CASE("items need not be copyable, assignable or default constructible", "[runtime][queue]") {
  run_virtual([]() -> task<> {
    queue<awkward> q(1);
    lifo_queue<awkward> l;
    auto putter = spawn([&]() -> task<> {
      for (int i = 0; i < 3; ++i) co_await q.put(awkward(i));
    });
    for (int i = 0; i < 3; ++i) {
      awkward const item = co_await q.get();
      CHECK(*item.value == i);
    }
    co_await putter;
    l.put_nowait(awkward(1));
    co_await l.put(awkward(2));
    awkward const last = co_await l.get();
    CHECK(*last.value == 2);
    CHECK(*l.get_nowait().value == 1);
  });
}

TEST_CASE("wait_for and race take a get like any other awaitable", "[runtime][queue]") {
  run_virtual([]() -> task<> {
    queue<std::unique_ptr<int>> q, other;
    bool late = false;
    try {
      co_await wait_for(q.get(), 5ms);
    } catch (timeout_error const&) {
      late = true;
    }
    CHECK(late);
    CHECK(q.statistics().waiting_to_get == 0);
    q.put_nowait(std::make_unique<int>(7));
    auto first = co_await race(other.get(), q.get());
    REQUIRE(first.index() == 1);
    CHECK(*std::get<1>(first) == 7);
    co_await wait_for(other.put(std::make_unique<int>(8)), 5ms);
    CHECK(other.size() == 1);
    CHECK(other.statistics().waiting_to_get == 0);
  });
}

TEST_CASE("an item that cannot be moved into the queue leaves its place to others", "[runtime][queue]") {
  run_virtual([]() -> task<> {
    queue<brittle> q(1);
    q.put_nowait(brittle(1));
    std::string how = "none";
    auto fails = spawn([&]() -> task<> {
      try {
        co_await q.put(brittle(2));
      } catch (boom const&) {
        how = "boom";
      }
    });
    auto waits = spawn([&]() -> task<> { co_await q.put(brittle(3)); });
    co_await yield_now();
    CHECK(q.get_nowait().value == 1);
    brittle::fragile = true;
    get_running_loop().call_soon([] { brittle::fragile = false; });
    co_await settle();
    CHECK(how == "boom");
    CHECK(waits.done());
    CHECK(q.get_nowait().value == 3);
    CHECK(q.statistics().unfinished == 2);
  });
}

TEST_CASE("an item that cannot be moved out of the queue stays there for others", "[runtime][queue]") {
  run_virtual([]() -> task<> {
    queue<brittle> q;
    std::string how = "none";
    auto fails = spawn([&]() -> task<> {
      try {
        co_await q.get();
      } catch (boom const&) {
        how = "boom";
      }
    });
    auto waits = spawn([&]() -> task<int> {
      brittle const item = co_await q.get();
      co_return item.value;
    });
    co_await yield_now();
    q.put_nowait(brittle(1));
    brittle::fragile = true;
    get_running_loop().call_soon([] { brittle::fragile = false; });
    co_await settle();
    CHECK(how == "boom");
    REQUIRE(waits.done());
    CHECK(waits.result() == 1);
    q.put_nowait(brittle(2));
    brittle::fragile = true;
    CHECK_THROWS_AS(q.get_nowait(), boom);
    brittle::fragile = false;
    CHECK(q.get_nowait().value == 2);
  });
}

TEST_CASE("join waits for all work that is there when it is over for the first time", "[runtime][queue]") {
  run_virtual([]() -> task<> {
    queue<int> q;
    q.put_nowait(1);
    auto joins = spawn([&]() -> task<> { co_await q.join(); });
    co_await yield_now();
    CHECK(q.statistics().unfinished == 1);
    CHECK(q.statistics().waiting_to_join == 1);
    CHECK(q.get_nowait() == 1);
    CHECK_FALSE(joins.done());
    q.task_done();
    q.put_nowait(2);  // too late to hold it back
    co_await yield_now();
    CHECK(joins.done());
    CHECK(q.statistics().unfinished == 1);
  });
}

TEST_CASE("a queue destroys what is left in it", "[runtime][queue]") {
  int const alive = counted::alive;
  {
    queue<counted> q;
    lifo_queue<counted> l;
    q.put_nowait(counted(1));
    l.put_nowait(counted(2));
    CHECK(counted::alive == alive + 2);
  }
  CHECK(counted::alive == alive);
}
