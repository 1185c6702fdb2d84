// SPDX-License-Identifier: MIT
// A cancelled get takes nothing, a cancelled put adds nothing, and both leave what they were promised to the next.
#include "../../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

task<int> take(queue<int>& q) { co_return co_await q.get(); }
task<> add(queue<int>& q, int item) { co_await q.put(item); }

}  // namespace

TEST_CASE("a cancelled getter leaves the queue", "[runtime][queue][cancel]") {
  run_virtual([]() -> task<> {
    queue<int> q;
    auto a = spawn(take, std::ref(q));
    auto b = spawn(take, std::ref(q));
    co_await yield_now();
    a.cancel();
    CHECK(q.statistics().waiting_to_get == 1);
    q.put_nowait(1);
    co_await settle();
    CHECK(a.cancelled());
    CHECK(b.result() == 1);
  });
}

TEST_CASE("a getter that is cancelled with an item promised leaves it to the next", "[runtime][queue][cancel]") {
  run_virtual([]() -> task<> {
    queue<int> q;
    auto a = spawn(take, std::ref(q));
    auto b = spawn(take, std::ref(q));
    co_await yield_now();
    q.put_nowait(1);
    a.cancel();
    co_await settle();
    CHECK(a.cancelled());
    CHECK(b.result() == 1);
    CHECK(q.empty());

    auto c = spawn(take, std::ref(q));
    co_await yield_now();
    q.put_nowait(2);
    c.cancel();
    co_await settle();
    CHECK(c.cancelled());
    CHECK(q.size() == 1);  // nobody is left to take it
    CHECK(q.get_nowait() == 2);
  });
}

TEST_CASE("a getter that is cancelled does not disturb the order of items", "[runtime][queue][cancel]") {
  run_virtual([]() -> task<> {
    queue<int> q;
    auto a = spawn(take, std::ref(q));
    auto b = spawn(take, std::ref(q));
    auto c = spawn(take, std::ref(q));
    co_await yield_now();
    q.put_nowait(1);
    q.put_nowait(2);
    a.cancel();
    co_await settle();
    CHECK(b.result() == 1);
    CHECK(c.result() == 2);
  });
}

TEST_CASE("a cancelled put never adds its item", "[runtime][queue][cancel]") {
  // test_put_cancelled_race
  run_virtual([]() -> task<> {
    queue<int> q(1);
    auto a = spawn(add, std::ref(q), 1);
    auto b = spawn(add, std::ref(q), 2);
    auto c = spawn(add, std::ref(q), 3);
    co_await yield_now();
    CHECK(a.done());
    CHECK_FALSE(b.done());
    c.cancel();
    co_await yield_now();
    CHECK(c.cancelled());
    CHECK(q.get_nowait() == 1);
    co_await yield_now();
    CHECK(q.get_nowait() == 2);
    co_await b;
    CHECK(q.empty());
  });
}

TEST_CASE("a putter that is cancelled with a place promised leaves it to the next", "[runtime][queue][cancel]") {
  run_virtual([]() -> task<> {
    queue<int> q(1);
    q.put_nowait(1);
    auto a = spawn(add, std::ref(q), 2);
    auto b = spawn(add, std::ref(q), 3);
    co_await yield_now();
    CHECK(q.get_nowait() == 1);
    a.cancel();
    co_await settle();
    CHECK(a.cancelled());
    CHECK(b.done());
    CHECK(q.get_nowait() == 3);
    CHECK(q.statistics().unfinished == 2);

    q.put_nowait(4);
    auto c = spawn(add, std::ref(q), 5);
    co_await yield_now();
    CHECK(q.get_nowait() == 4);
    c.cancel();
    CHECK(q.full());
    co_await settle();
    CHECK(c.cancelled());
    CHECK_FALSE(q.full());
    CHECK(q.empty());
  });
}

TEST_CASE("cancelling with the budget of a step used up loses no item and adds none", "[runtime][queue][cancel]") {
  run_virtual([]() -> task<> {
    queue<int> q;
    int taken = 0;
    for (int i = 0; i < 5000; ++i) q.put_nowait(i);
    auto getter = spawn([&]() -> task<> {
      while (true) {
        int const item = co_await q.get();
        CHECK(item == taken);
        ++taken;
      }
    });
    co_await yield_now();
    CHECK(taken > 0);
    CHECK(taken < 5000);
    getter.cancel();
    co_await settle();
    CHECK(getter.cancelled());
    CHECK(q.size() == static_cast<std::size_t>(5000 - taken));
    CHECK(q.get_nowait() == taken);

    queue<int> filled;
    int added = 0;
    auto putter = spawn([&]() -> task<> {
      for (;; ++added) co_await filled.put(added);
    });
    co_await yield_now();
    putter.cancel();
    co_await settle();
    CHECK(putter.cancelled());
    CHECK(filled.size() == static_cast<std::size_t>(added));
  });
}

TEST_CASE("many waiting getters of which most are cancelled lose no item", "[runtime][queue][cancel]") {
  // test_get_cancel_drop_many_pending_readers
  run_virtual([]() -> task<> {
    queue<int> q;
    std::vector<task_handle<int>> getters;
    for (int i = 0; i < 20; ++i) getters.push_back(spawn(take, std::ref(q)));
    co_await yield_now();
    for (int i = 0; i < 10; ++i) q.put_nowait(i);
    for (std::size_t i = 0; i < 20; i += 2) getters[i].cancel();
    co_await settle();
    std::vector<int> taken;
    for (auto const& g : getters)
      if (g.done() && !g.cancelled()) taken.push_back(g.result());
    CHECK(taken == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    CHECK(q.empty());
    CHECK(q.statistics().waiting_to_get == 0);
  });
}
