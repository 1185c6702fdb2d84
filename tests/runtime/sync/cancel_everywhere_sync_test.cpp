// SPDX-License-Identifier: MIT
// The primitives between tasks, with their users cancelled wherever it can be (tests/support/cancel_everywhere.hpp).
#include "../../support/cancel_everywhere.hpp"

#include "../../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <exception>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

/// Runs `tasks(group)`, looks at what it leaves with `check()`, and then lets the cancellation go on.
template <class Tasks, class Check>
task<> run_and_check(Tasks tasks, Check check) {
  std::exception_ptr cancelled;
  try {
    co_await with_task_group(tasks);
  } catch (cancelled_error const&) {
    cancelled = std::current_exception();
  }
  check();
  if (cancelled) std::rethrow_exception(cancelled);
}

}  // namespace

TEST_CASE("tasks that share a lock can be cancelled everywhere, and the lock is free in the end", "[runtime][lock][cancel]") {
  auto body = []() -> task<> {
    lock l;
    int inside = 0;
    auto user = [&]() -> task<> {
      for (int i = 0; i < 2; ++i) {
        auto held = co_await l.hold();
        CHECK(++inside == 1);
        struct leave {
          int& inside;
          ~leave() { --inside; }
        } const at_the_end{inside};
        co_await yield_now();
      }
    };
    co_await run_and_check(
        [&](task_group& g) {
          for (int i = 0; i < 3; ++i) g.spawn(user);
        },
        [&] {
          CHECK_FALSE(l.locked());
          CHECK(l.statistics().waiting == 0);
        });
  };
  CHECK(problems_when_cancelled(body) == trace{});
}

TEST_CASE("tasks that wait for a condition can be cancelled everywhere, and hold the lock when they leave",
          "[runtime][condition][cancel]") {
  auto body = []() -> task<> {
    condition c;
    int ready = 0;
    auto consumer = [&]() -> task<> {
      auto held = co_await c.hold();
      struct check_holder {
        condition& c;
        ~check_holder() { CHECK(c.statistics().holder == current_task().id()); }
      } const at_the_end{c};
      co_await c.wait_for([&] { return ready > 0; });
      --ready;
    };
    auto producer = [&]() -> task<> {
      for (int i = 0; i < 3; ++i) {
        auto held = co_await c.hold();
        ++ready;
        c.notify();
        co_await yield_now();
      }
    };
    co_await run_and_check(
        [&](task_group& g) {
          for (int i = 0; i < 3; ++i) g.spawn(consumer);
          g.spawn(producer);
        },
        [&] {
          CHECK_FALSE(c.locked());
          CHECK(c.statistics().waiting == 0);
          CHECK(c.statistics().waiting_for_lock == 0);
        });
  };
  CHECK(problems_when_cancelled(body) == trace{});
}

TEST_CASE("a consumer at a condition can be cancelled in every pass, and no notification is lost", "[runtime][condition][cancel]") {
  bool cancelled = true;
  for (int pass = 0; cancelled; ++pass) {
    INFO("cancelled in pass " << pass);
    run_virtual([&]() -> task<> {
      condition c;
      int ready = 0;
      auto take = [&]() -> task<> {
        auto held = co_await c.hold();
        co_await c.wait_for([&] { return ready > 0; });
        --ready;
      };
      auto victim = spawn(take);
      auto other = spawn(take);
      auto producer = spawn([&]() -> task<> {
        for (int i = 0; i < 2; ++i) {
          co_await yield_now();
          auto held = co_await c.hold();
          ++ready;
          c.notify();
          co_await yield_now();
        }
      });
      for (int i = 0; i < pass; ++i) co_await yield_now();
      victim.cancel();
      std::vector<task_handle<>> const all{victim, other, producer};
      co_await wait(all);
      cancelled = victim.cancelled();
      CHECK(ready == (cancelled ? 1 : 0));
      CHECK_FALSE(c.locked());
    });
  }
}

TEST_CASE("tasks that meet at a barrier can be cancelled everywhere", "[runtime][barrier][cancel]") {
  auto body = []() -> task<> {
    barrier b(3);
    auto party = [&]() -> task<> {
      for (int i = 0; i < 2; ++i) {
        co_await b.wait();
        co_await yield_now();
      }
    };
    co_await run_and_check(
        [&](task_group& g) {
          for (int i = 0; i < 3; ++i) g.spawn(party);
        },
        [&] { CHECK(b.n_waiting() == 0); });
  };
  CHECK(problems_when_cancelled(body) == trace{});
}

TEST_CASE("tasks that take permits of a bounded semaphore can be cancelled everywhere", "[runtime][semaphore][cancel]") {
  auto body = []() -> task<> {
    bounded_semaphore s(2);
    auto user = [&]() -> task<> {
      for (int i = 0; i < 2; ++i) {
        auto held = co_await s.hold();
        co_await yield_now();
      }
    };
    co_await run_and_check(
        [&](task_group& g) {
          for (int i = 0; i < 4; ++i) g.spawn(user);
        },
        [&] {
          CHECK(s.statistics().permits == 2);
          CHECK(s.statistics().waiting == 0);
        });
  };
  CHECK(problems_when_cancelled(body) == trace{});
}

TEST_CASE("producers and consumers of a queue can be cancelled everywhere, and no item is lost or doubled",
          "[runtime][queue][cancel]") {
  auto body = []() -> task<> {
    queue<counted> q(1);
    int put = 0, taken = 0;
    auto producer = [&]() -> task<> {
      for (int i = 0; i < 3; ++i) {
        co_await q.put(counted(i));
        ++put;
      }
    };
    auto consumer = [&]() -> task<> {
      for (int i = 0; i < 3; ++i) {
        counted const item = co_await q.get();
        ++taken;
        q.task_done();
      }
    };
    co_await run_and_check(
        [&](task_group& g) {
          g.spawn(producer);
          g.spawn(producer);
          g.spawn(consumer);
          g.spawn(consumer);
          g.spawn([&]() -> task<> {
            co_await yield_now();
            co_await q.join();
          });
        },
        [&] {
          CHECK(put == taken + static_cast<int>(q.size()));
          CHECK(q.statistics().unfinished == q.size());
          CHECK(q.full() == (q.size() == 1));
          CHECK(q.statistics().waiting_to_get == 0);
          CHECK(q.statistics().waiting_to_put == 0);
          CHECK(q.statistics().waiting_to_join == 0);
        });
  };
  CHECK(problems_when_cancelled(body) == trace{});
}

TEST_CASE("a consumer of a queue can be cancelled in every pass while the other one gets every item", "[runtime][queue][cancel]") {
  bool cancelled = true;
  for (int pass = 0; cancelled; ++pass) {
    INFO("cancelled in pass " << pass);
    run_virtual([&]() -> task<> {
      queue<int> q(2);
      std::vector<int> taken;
      auto consume = [&]() -> task<> {
        try {
          while (true) {
            int const item = co_await q.get();
            taken.push_back(item);
            co_await yield_now();
          }
        } catch (queue_shut_down const&) {
        }
      };
      auto victim = spawn(consume);
      auto other = spawn(consume);
      auto producer = spawn([&]() -> task<> {
        for (int i = 0; i < 8; ++i) co_await q.put(i);
        q.shutdown();
      });
      for (int i = 0; i < pass; ++i) co_await yield_now();
      victim.cancel();
      std::vector<task_handle<>> const all{victim, other, producer};
      co_await wait(all);
      cancelled = victim.cancelled();
      CHECK(taken == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7});
      CHECK(q.empty());
    });
  }
}

TEST_CASE("a producer can be cancelled in every pass, and adds what it put and no more", "[runtime][queue][cancel]") {
  bool cancelled = true;
  for (int pass = 0; cancelled; ++pass) {
    INFO("cancelled in pass " << pass);
    run_virtual([&]() -> task<> {
      queue<int> q(1);
      int put = 0, taken = 0;
      auto produce = [&]() -> task<> {
        for (int i = 0; i < 4; ++i) {
          co_await q.put(i);
          ++put;
        }
      };
      auto victim = spawn(produce);
      auto other = spawn(produce);
      auto consumer = spawn([&]() -> task<> {
        while (true) {
          co_await q.get();
          ++taken;
          co_await yield_now();
        }
      });
      for (int i = 0; i < pass; ++i) co_await yield_now();
      victim.cancel();
      std::vector<task_handle<>> const both{victim, other};
      co_await wait(both);
      co_await settle();
      consumer.cancel();
      co_await settle();
      cancelled = victim.cancelled();
      CHECK(put == taken);
      CHECK(q.empty());
      CHECK_FALSE(q.full());
    });
  }
}
