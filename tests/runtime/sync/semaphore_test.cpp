// SPDX-License-Identifier: MIT
#include "../../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

task<> take_and_note(semaphore& s, trace& log, std::string name) {
  co_await s.acquire();
  log.push_back(std::move(name));
}

}  // namespace

TEST_CASE("a semaphore lets as many in as it has permits, in the order in which they asked", "[runtime][semaphore]") {
  trace log;
  int inside = 0, most = 0;
  run_virtual([&]() -> task<> {
    semaphore s(2);
    co_await with_task_group([&](task_group& g) {
      for (int i = 0; i < 5; ++i)
        g.spawn([&, i]() -> task<> {
          auto held = co_await s.hold();
          most = std::max(most, ++inside);
          log.push_back(std::to_string(i));
          co_await sleep(1ms);
          --inside;
        });
    });
    CHECK(s.statistics().permits == 2);
  });
  CHECK(most == 2);
  CHECK(log == trace{"0", "1", "2", "3", "4"});
}

TEST_CASE("taking a free permit does not suspend", "[runtime][semaphore]") {
  run_virtual([]() -> task<> {
    semaphore s(2);
    auto const before = get_running_loop().statistics().passes;
    co_await s.acquire();
    CHECK_FALSE(s.locked());
    co_await s.acquire();
    CHECK(s.locked());
    CHECK(get_running_loop().statistics().passes == before);
    s.release();
    CHECK_FALSE(s.locked());
  });
}

TEST_CASE("a released permit goes to the first who waits, and nobody barges in", "[runtime][semaphore]") {
  trace log;
  run_virtual([&]() -> task<> {
    semaphore s;
    co_await s.acquire();
    auto a = spawn(take_and_note, std::ref(s), std::ref(log), "a");
    co_await settle();
    CHECK(s.statistics().waiting == 1);
    s.release();
    CHECK(s.locked());  // it is a's already
    auto b = spawn(take_and_note, std::ref(s), std::ref(log), "b");
    co_await a;
    s.release();
    co_await b;
    s.release();
  });
  CHECK(log == trace{"a", "b"});
}

TEST_CASE("a waiter that is cancelled before it was granted a permit leaves the queue", "[runtime][semaphore][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    semaphore s(0);
    auto a = spawn(take_and_note, std::ref(s), std::ref(log), "a");
    auto b = spawn(take_and_note, std::ref(s), std::ref(log), "b");
    co_await settle();
    a.cancel();
    CHECK(s.statistics().waiting == 1);
    s.release();
    co_await settle();
    CHECK(a.cancelled());
    CHECK(b.done());
    CHECK(s.statistics().permits == 0);
  });
  CHECK(log == trace{"b"});
}

TEST_CASE("a waiter that is cancelled after it was granted a permit passes it on", "[runtime][semaphore][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    semaphore s(0);
    auto a = spawn(take_and_note, std::ref(s), std::ref(log), "a");
    auto b = spawn(take_and_note, std::ref(s), std::ref(log), "b");
    co_await settle();
    s.release();
    a.cancel();
    co_await settle();
    CHECK(a.cancelled());
    CHECK(b.done());

    auto c = spawn(take_and_note, std::ref(s), std::ref(log), "c");
    co_await settle();
    s.release();
    c.cancel();
    co_await settle();
    CHECK(c.cancelled());
    CHECK(s.statistics().permits == 1);  // nobody is left to take it
  });
  CHECK(log == trace{"b"});
}

TEST_CASE("cancelling while the budget of a step is used up does not lose the permit", "[runtime][semaphore][cancel]") {
  run_virtual([]() -> task<> {
    semaphore s(1);
    auto t = spawn([&]() -> task<> {
      while (true) {
        co_await s.acquire();
        s.release();
      }
    });
    co_await yield_now();
    CHECK_FALSE(t.done());  // it was stopped with the permit in hand
    t.cancel();
    co_await settle();
    CHECK(t.cancelled());
    CHECK(s.statistics().permits == 1);
  });
}

TEST_CASE("a held permit is given back when it goes out of scope, once", "[runtime][semaphore]") {
  run_virtual([]() -> task<> {
    semaphore s(2);
    {
      auto a = co_await s.hold();
      auto b = co_await s.hold();
      CHECK(s.locked());
      auto moved = std::move(a);
      CHECK(s.statistics().permits == 0);
      b = std::move(moved);
      CHECK(s.statistics().permits == 1);
    }
    CHECK(s.statistics().permits == 2);
    bool threw = false;
    try {
      auto held = co_await s.hold();
      throw boom();
    } catch (boom const&) {
      threw = true;
    }
    CHECK(threw);
    CHECK(s.statistics().permits == 2);
  });
}

TEST_CASE("a semaphore with a negative number of permits is refused", "[runtime][semaphore]") {
  CHECK_THROWS_AS(semaphore(-1), std::invalid_argument);
  CHECK_NOTHROW(semaphore(0));
}
