// SPDX-License-Identifier: MIT
// Locks, permits and barriers in all schedules, with tasks that are cancelled wherever they wait.
#include "fuzzing.hpp"

#include <catch2/catch_test_macros.hpp>

#include <set>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

TEST_CASE("a lock is held by one at a time and never lost", "[fuzz][lock]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    lock guarded;
    int inside = 0;
    auto use = [&]() -> task<> {
      for (int i = 0; i < 3; ++i) {
        auto const held = co_await guarded.hold();
        must(++inside == 1, "two tasks hold a lock");
        struct leave {
          int& n;
          ~leave() { --n; }
        } const at_the_end{inside};
        co_await dawdle(random);
      }
    };
    std::vector<task_handle<>> users;
    for (int i = 0; i < 4; ++i) users.push_back(spawn(use));
    co_await cancel_some(random, users);
    co_await join_all(users);
    must(!guarded.locked(), "a lock is held by nobody");
    co_await guarded.acquire();
    guarded.release();
  });
}

TEST_CASE("permits of a semaphore are neither lost nor made", "[fuzz][semaphore]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    std::ptrdiff_t const permits = 1 + static_cast<std::ptrdiff_t>(random.below(3));
    semaphore s(permits);
    std::ptrdiff_t inside = 0;
    auto use = [&]() -> task<> {
      for (int i = 0; i < 3; ++i) {
        auto const held = co_await s.hold();
        must(++inside <= permits, "more tasks than permits");
        struct leave {
          std::ptrdiff_t& n;
          ~leave() { --n; }
        } const at_the_end{inside};
        co_await dawdle(random);
      }
    };
    std::vector<task_handle<>> users;
    for (int i = 0; i < 5; ++i) users.push_back(spawn(use));
    co_await cancel_some(random, users);
    co_await join_all(users);
    must(s.statistics().permits == static_cast<std::size_t>(permits), "the number of permits");
  });
}

TEST_CASE("permits that are released by others are neither lost nor made", "[fuzz][bounded_semaphore]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    bounded_semaphore s(2);
    int taken = 0;
    auto take = [&]() -> task<> {
      co_await s.acquire();
      ++taken;
    };
    std::vector<task_handle<>> takers;
    for (int i = 0; i < 6; ++i) takers.push_back(spawn(take));
    auto give_back = [&]() -> task<> {
      // As many permits as were taken come back, one by one, until nobody waits.
      while (true) {
        co_await sleep(1ms);
        if (taken == 0) co_return;
        --taken;
        s.release();
      }
    };
    co_await cancel_some(random, takers);
    co_await give_back();
    co_await join_all(takers);
    while (taken-- > 0) s.release();
    must(s.statistics().permits == 2, "the number of permits");
  });
}

TEST_CASE("whoever waits for an event when it is set goes on", "[fuzz][event]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    event e;
    std::vector<task_handle<>> waiting;
    auto wait_for_it = [&]() -> task<> { co_await e.wait(); };
    for (int i = 0; i < 4; ++i) waiting.push_back(spawn(wait_for_it));
    co_await cancel_some(random, waiting, 3);
    co_await sleep(10ms);
    e.set();
    e.clear();
    co_await join_all(waiting);
    must(e.statistics().waiting == 0, "somebody is left at an event");
  });
}

TEST_CASE("a condition loses no notification, and whoever leaves it holds the lock", "[fuzz][condition]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    condition changed;
    int items = 0;
    int taken = 0;
    int given = 0;
    auto take = [&]() -> task<> {
      auto const held = co_await changed.hold();
      while (items == 0) co_await changed.wait();
      --items;
      ++taken;
    };
    std::vector<task_handle<>> takers;
    for (int i = 0; i < 4; ++i) takers.push_back(spawn(take));
    auto give = [&]() -> task<> {
      for (int i = 0; i < 4; ++i) {
        co_await dawdle(random);
        auto const held = co_await changed.hold();
        ++items;
        ++given;
        changed.notify();
      }
    };
    auto const giving = spawn(give);
    co_await cancel_some(random, takers, 3);
    co_await giving;
    co_await join_all(takers);
    must(items + taken == given, "items of a condition");
    must(!changed.locked(), "the lock of a condition is held by nobody");
  });
}

TEST_CASE("a notified waiter that is cancelled passes the notification on", "[fuzz][condition]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    condition changed;
    auto wait_once = [&]() -> task<> {
      auto const held = co_await changed.hold();
      co_await changed.wait();
    };
    auto const first = spawn(wait_once);
    auto const second = spawn(wait_once);
    while (changed.statistics().waiting < 2) co_await sleep(1ms);
    {
      auto const held = co_await changed.hold();
      changed.notify();
    }
    co_await dawdle(random);
    bool const first_was_done = first.done();
    bool const second_was_done = second.done();
    first.cancel();
    co_await sleep(10ms);
    must(first.done(), "a cancelled waiter ends");
    if (first.cancelled() && !first_was_done && !second_was_done)
      must(second.done(), "a notification went lost with a cancelled waiter");
    if (!second.done()) {
      auto const held = co_await changed.hold();
      changed.notify_all();
    }
    std::vector<task_handle<>> const both{first, second};
    co_await join_all(both);
  });
}

TEST_CASE("a barrier lets its parties through together", "[fuzz][barrier]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    barrier meeting(3);
    std::vector<std::set<std::size_t>> rounds(3);
    auto take_part = [&]() -> task<> {
      for (auto& round : rounds) {
        co_await dawdle(random);
        auto const index = co_await meeting.wait();
        must(round.insert(static_cast<std::size_t>(index)).second, "two parties of a barrier have one index");
      }
    };
    std::vector<task_handle<>> parties;
    for (int i = 0; i < 3; ++i) parties.push_back(spawn(take_part));
    co_await join_all(parties);
    for (auto const& round : rounds) must(round == std::set<std::size_t>{0, 1, 2}, "the indexes of a barrier");
    must(!meeting.broken() && meeting.n_waiting() == 0, "the end of a barrier");
  });
}

TEST_CASE("a party that leaves a barrier is replaced by another", "[fuzz][barrier]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    barrier meeting(2);
    int through = 0;
    auto take_part = [&]() -> task<> {
      co_await dawdle(random);
      co_await meeting.wait();
      ++through;
    };
    auto const leaves = spawn(take_part);
    co_await dawdle(random);
    leaves.cancel();
    std::vector<task_handle<>> parties{spawn(take_part)};
    co_await sleep(20ms);
    if (!leaves.cancelled()) leaves.result();
    // Who is left alone needs another one.
    if (meeting.n_waiting() == 1) parties.push_back(spawn(take_part));
    co_await join_all(parties);
    must(meeting.n_waiting() == 0 && !meeting.broken(), "the end of a barrier");
  });
}

TEST_CASE("a broken barrier lets nobody wait for ever", "[fuzz][barrier]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    barrier meeting(3);
    int broken = 0;
    auto take_part = [&]() -> task<> {
      co_await dawdle(random);
      try {
        co_await meeting.wait();
      } catch (broken_barrier_error const&) {
        ++broken;
      }
    };
    std::vector<task_handle<>> const parties{spawn(take_part), spawn(take_part)};
    co_await dawdle(random);
    meeting.abort();
    co_await join_all(parties);
    must(broken == 2, "parties of a broken barrier");
    meeting.reset();
    must(!meeting.broken(), "reset");
  });
}
