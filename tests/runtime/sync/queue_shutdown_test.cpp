// SPDX-License-Identifier: MIT
#include "../../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

using namespace halka;
using namespace halka::test;

namespace {

task<> take_and_note(queue<int>& q, trace& log, std::string name) {
  try {
    int const item = co_await q.get();
    log.push_back(name + " got " + std::to_string(item));
  } catch (queue_shut_down const&) {
    log.push_back(name + " turned away");
  }
}

task<> put_and_note(queue<int>& q, trace& log, int item) {
  try {
    co_await q.put(item);
    log.push_back("put " + std::to_string(item));
  } catch (queue_shut_down const&) {
    log.push_back(std::to_string(item) + " refused");
  }
}

}  // namespace

TEST_CASE("a shutdown turns away all who wait, in order", "[runtime][queue]") {
  trace log;
  run_virtual([&]() -> task<> {
    queue<int> none, full(1);
    full.put_nowait(1);
    spawn(take_and_note, std::ref(none), std::ref(log), "a");
    spawn(take_and_note, std::ref(none), std::ref(log), "b");
    spawn(put_and_note, std::ref(full), std::ref(log), 2);
    spawn(put_and_note, std::ref(full), std::ref(log), 3);
    co_await yield_now();
    none.shutdown();
    full.shutdown();
    CHECK(none.statistics().shut_down);
    co_await yield_now();
    none.shutdown();  // again: harmless
    CHECK(full.get_nowait() == 1);
    CHECK(full.statistics().unfinished == 1);
  });
  CHECK(log == trace{"a turned away", "b turned away", "2 refused", "3 refused"});
}

TEST_CASE("a getter that was promised an item takes it after a shutdown", "[runtime][queue]") {
  trace log;
  run_virtual([&]() -> task<> {
    queue<int> q;
    spawn(take_and_note, std::ref(q), std::ref(log), "a");
    spawn(take_and_note, std::ref(q), std::ref(log), "b");
    co_await yield_now();
    q.put_nowait(1);
    q.shutdown();
    co_await yield_now();
  });
  CHECK(log == trace{"a got 1", "b turned away"});
}

TEST_CASE("a getter that was promised an item gets none after an immediate shutdown", "[runtime][queue]") {
  trace log;
  run_virtual([&]() -> task<> {
    queue<int> q;
    auto a = spawn(take_and_note, std::ref(q), std::ref(log), "a");
    auto b = spawn(take_and_note, std::ref(q), std::ref(log), "b");
    co_await yield_now();
    q.put_nowait(1);
    q.put_nowait(2);
    q.shutdown(true);
    b.cancel();
    co_await settle();
    CHECK(b.cancelled());
    CHECK(q.size() == 0);
    CHECK(q.statistics().unfinished == 0);
    CHECK_FALSE(q.full());
    CHECK_THROWS_AS(q.get_nowait(), queue_shut_down);
  });
  CHECK(log == trace{"a turned away"});
}

TEST_CASE("a putter that was promised a place is refused after a shutdown", "[runtime][queue]") {
  trace log;
  run_virtual([&]() -> task<> {
    queue<int> q(1);
    q.put_nowait(1);
    spawn(put_and_note, std::ref(q), std::ref(log), 2);
    co_await yield_now();
    CHECK(q.get_nowait() == 1);
    q.shutdown();
    co_await yield_now();
    CHECK(q.empty());
    CHECK_FALSE(q.full());
  });
  CHECK(log == trace{"2 refused"});
}

TEST_CASE("an item that a cancelled getter gives back is found by one who was turned away", "[runtime][queue][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    queue<int> q;
    auto a = spawn(take_and_note, std::ref(q), std::ref(log), "a");
    spawn(take_and_note, std::ref(q), std::ref(log), "b");
    co_await yield_now();
    q.put_nowait(1);
    a.cancel();
    q.shutdown();
    co_await settle();
    CHECK(a.cancelled());
  });
  CHECK(log == trace{"b got 1"});
}

TEST_CASE("an immediate shutdown after a shutdown drops what was left", "[runtime][queue]") {
  int const alive = counted::alive;
  queue<counted> q;
  q.put_nowait(counted(1));
  q.put_nowait(counted(2));
  q.shutdown();
  CHECK(q.size() == 2);
  CHECK(q.statistics().unfinished == 2);
  q.shutdown(true);
  CHECK(counted::alive == alive);
  CHECK(q.statistics().unfinished == 0);
  CHECK_THROWS_AS(q.task_done(), std::invalid_argument);
}

TEST_CASE("an immediate shutdown that drops the last unfinished items ends join", "[runtime][queue]") {
  run_virtual([]() -> task<> {
    queue<int> q;
    q.put_nowait(1);
    auto joins = spawn([&]() -> task<> { co_await q.join(); });
    co_await yield_now();
    q.shutdown(true);
    co_await yield_now();
    CHECK(joins.done());
  });
}

TEST_CASE("a shutdown of a lifo_queue and of a priority_queue works the same", "[runtime][queue]") {
  run_virtual([]() -> task<> {
    lifo_queue<int> l;
    priority_queue<int> p;
    for (int i : {2, 1, 3}) {
      l.put_nowait(i);
      p.put_nowait(i);
    }
    l.shutdown();
    p.shutdown();
    int const last = co_await l.get();
    int const smallest = co_await p.get();
    CHECK(last == 3);
    CHECK(smallest == 1);
    CHECK_THROWS_AS(l.put_nowait(4), queue_shut_down);
    l.shutdown(true);
    p.shutdown(true);
    CHECK_THROWS_AS(l.get_nowait(), queue_shut_down);
    CHECK_THROWS_AS(p.get_nowait(), queue_shut_down);
  });
}
