// SPDX-License-Identifier: MIT
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

task<> acquire_and_note(lock& l, trace& log, std::string name) {
  co_await l.acquire();
  log.push_back(std::move(name));
}

}  // namespace

TEST_CASE("LOCK-01: a lock is handed over in the order in which tasks asked", "[case][LOCK-01]") {
  run_virtual([]() -> task<> {
    trace log;
    lock l;
    co_await l.acquire();
    auto t1 = spawn(acquire_and_note, std::ref(l), std::ref(log), "1");
    auto t2 = spawn(acquire_and_note, std::ref(l), std::ref(log), "2");
    co_await yield_now();
    l.release();
    co_await yield_now();
    CHECK(log == trace{"1"});
    auto t3 = spawn(acquire_and_note, std::ref(l), std::ref(log), "3");
    l.release();
    co_await yield_now();
    CHECK(log == trace{"1", "2"});
    l.release();
    co_await yield_now();
    CHECK(log == trace{"1", "2", "3"});
    l.release();
    CHECK_FALSE(l.locked());
    CHECK_THROWS_AS(l.release(), std::logic_error);
  });
}

TEST_CASE("LOCK-02: a release and an acquire after it do not pass a task that waits", "[case][LOCK-02]") {
  trace log;
  run_virtual([&]() -> task<> {
    lock l;
    co_await l.acquire();
    auto w = spawn([&]() -> task<> {
      co_await l.acquire();
      log.push_back("w");
      l.release();
    });
    co_await yield_now();
    l.release();
    co_await l.acquire();
    log.push_back("main");
    l.release();
    co_await w;
  });
  CHECK(log == trace{"w", "main"});
}

TEST_CASE("LOCK-05: an event wakes all in order, and who comes after set does not wait", "[case][LOCK-05]") {
  run_virtual([]() -> task<> {
    trace log;
    event e;
    auto note = [&](std::string name) -> task<> {
      co_await e.wait();
      log.push_back(std::move(name));
    };
    auto t1 = spawn(note, "1");
    auto t2 = spawn(note, "2");
    co_await yield_now();
    auto t3 = spawn(note, "3");
    e.set();
    co_await yield_now();
    CHECK(log == trace{"3", "1", "2"});

    event again;
    auto t = spawn([&]() -> task<> { co_await again.wait(); });
    co_await yield_now();
    again.set();
    again.clear();
    co_await yield_now();
    CHECK(t.done());

    auto cancelled = spawn([&]() -> task<> { co_await again.wait(); });
    co_await yield_now();
    cancelled.cancel();
    CHECK(again.statistics().waiting == 0);
    co_await settle();
    CHECK(cancelled.cancelled());
  });
}

TEST_CASE("LOCK-06: notify wakes so many in order, and they take the lock one by one", "[case][LOCK-06]") {
  run_virtual([]() -> task<> {
    trace log;
    condition c;
    auto wait_and_note = [&](std::string name) -> task<> {
      co_await c.acquire();
      co_await c.wait();
      log.push_back(std::move(name));
    };
    for (char const* name : {"1", "2", "3"}) spawn(wait_and_note, name);
    co_await settle();
    CHECK_FALSE(c.locked());
    co_await c.acquire();
    c.notify(1);
    co_await yield_now();
    CHECK(log == trace{});
    c.release();
    co_await yield_now();
    CHECK(log == trace{"1"});
    CHECK(c.locked());  // 1 keeps it
    c.notify(2);
    c.release();
    co_await yield_now();
    CHECK(log == trace{"1", "2"});
    c.release();
    co_await yield_now();
    CHECK(log == trace{"1", "2", "3"});
    c.release();

    CHECK_THROWS_AS(c.notify(), std::logic_error);
    CHECK_THROWS_AS(c.notify_all(), std::logic_error);
    auto waits = spawn([&]() -> task<> { co_await c.wait(); });
    co_await settle();
    CHECK(kind(waits.exception()) == "logic_error");

    for (char const* name : {"4", "5"})
      spawn([&, name]() -> task<> {
        auto held = co_await c.hold();
        co_await c.wait();
        log.push_back(name);
      });
    co_await settle();
    co_await c.acquire();
    c.notify(2048);
    c.release();
    co_await settle();
    CHECK(log == trace{"1", "2", "3", "4", "5"});
    CHECK_FALSE(c.locked());
  });
}

TEST_CASE("LOCK-07: a cancelled wait takes the lock again before its cancellation leaves", "[case][LOCK-07]") {
  run_virtual([]() -> task<> {
    condition c;
    auto wait_in_lock = [&]() -> task<> {
      auto held = co_await c.hold();
      bool had_the_lock = false;
      try {
        co_await c.wait();
      } catch (cancelled_error const&) {
        had_the_lock = c.locked() && c.statistics().holder == current_task().id();
      }
      CHECK(had_the_lock);
      throw cancelled_error();
    };
    auto w = spawn(wait_in_lock);
    co_await settle();
    w.cancel();
    co_await settle();
    CHECK(w.cancelled());
    CHECK_FALSE(c.locked());

    std::vector<bool> log;
    auto contested = spawn(wait_in_lock);
    co_await settle();
    co_await c.acquire();
    contested.cancel();
    co_await yield_now();
    log.push_back(contested.done());  // it waits for the lock
    c.release();
    co_await settle();
    log.push_back(contested.cancelled());
    CHECK(log == std::vector<bool>{false, true});
    CHECK_FALSE(c.locked());
  });
}

TEST_CASE("LOCK-10: a semaphore keeps its limit and its order", "[case][LOCK-10]") {
  trace log;
  run_virtual([&]() -> task<> {
    semaphore s(1);
    co_await with_task_group([&](task_group& g) {
      for (int i = 1; i <= 3; ++i)
        g.spawn([&, i]() -> task<> {
          for (int round = 1; round <= 2; ++round) {
            co_await s.acquire();
            log.push_back(std::to_string(i) + '_' + std::to_string(round));
            co_await sleep(1ms);
            s.release();
          }
        });
    });
  });
  CHECK(log == trace{"1_1", "2_1", "3_1", "1_2", "2_2", "3_2"});
}

TEST_CASE("LOCK-13: a release too many and bad initial values are refused", "[case][LOCK-13]") {
  bounded_semaphore b(1);
  CHECK_THROWS_AS(b.release(), std::invalid_argument);
  CHECK_THROWS_AS(semaphore(-1), std::invalid_argument);
  CHECK_THROWS_AS(bounded_semaphore(-1), std::invalid_argument);
  CHECK_THROWS_AS(barrier(0), std::invalid_argument);
}

TEST_CASE("LOCK-14: a barrier lets all go on together, round after round", "[case][LOCK-14]") {
  run_virtual([]() -> task<> {
    barrier b(3);
    std::vector<std::size_t> rounds[2];
    co_await with_task_group([&](task_group& g) {
      for (int i = 0; i < 3; ++i)
        g.spawn([&]() -> task<> {
          for (auto& indexes : rounds) {
            std::size_t const index = co_await b.wait();
            indexes.push_back(index);
          }
        });
    });
    for (auto& indexes : rounds) {
      std::ranges::sort(indexes);
      CHECK(indexes == std::vector<std::size_t>{0, 1, 2});
    }
    CHECK_FALSE(b.broken());
    CHECK(b.n_waiting() == 0);
  });
}

TEST_CASE("LOCK-14: a cancelled task is no longer counted by the barrier", "[case][LOCK-14]") {
  run_virtual([]() -> task<> {
    barrier b(3);
    auto wait = [&]() -> task<std::size_t> { co_return co_await b.wait(); };
    auto t1 = spawn(wait);
    auto t2 = spawn(wait);
    co_await settle();
    t1.cancel();
    co_await settle();
    CHECK(b.n_waiting() == 1);
    auto t3 = spawn(wait);
    auto t4 = spawn(wait);
    co_await settle();
    CHECK(t1.cancelled());
    std::vector<std::size_t> indexes{t2.result(), t3.result(), t4.result()};
    std::ranges::sort(indexes);
    CHECK(indexes == std::vector<std::size_t>{0, 1, 2});
    CHECK_FALSE(b.broken());
  });
}

TEST_CASE("LOCK-15: a reset turns the waiters away, an abort all who come until a reset", "[case][LOCK-15]") {
  run_virtual([]() -> task<> {
    barrier b(5);
    int turned_away = 0;
    auto wait = [&]() -> task<> {
      try {
        co_await b.wait();
      } catch (broken_barrier_error const&) {
        ++turned_away;
      }
    };
    for (int i = 0; i < 4; ++i) spawn(wait);
    co_await settle();
    b.reset();
    co_await settle();
    CHECK(turned_away == 4);
    CHECK_FALSE(b.broken());

    for (int i = 0; i < 4; ++i) spawn(wait);
    co_await settle();
    CHECK(b.n_waiting() == 4);
    b.abort();
    co_await settle();
    CHECK(turned_away == 8);
    CHECK(b.broken());
    co_await wait();
    CHECK(turned_away == 9);

    b.reset();
    CHECK_FALSE(b.broken());
    for (int i = 0; i < 5; ++i) spawn(wait);
    co_await settle();
    CHECK(b.n_waiting() == 0);
    CHECK(turned_away == 9);
  });
}
