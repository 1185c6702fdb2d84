// SPDX-License-Identifier: MIT
// What all primitives between tasks have in common.
#include "../../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

/// One of each, and a task that waits for it.
struct primitives {
  lock l;
  semaphore none{0};
  event e;
  condition c;
  barrier b{2};
  queue<int> nothing;
  queue<int> full{1};
  queue<int> unfinished;

  task<> wait_for_lock() { co_await l.acquire(); }
  task<> wait_for_permit() { co_await none.acquire(); }
  task<> wait_for_event() { co_await e.wait(); }
  task<> wait_for_notification() {
    co_await c.acquire();
    co_await c.wait();
  }
  task<> wait_for_others() { co_await b.wait(); }
  task<> wait_for_item() { co_await nothing.get(); }
  task<> wait_for_place() { co_await full.put(2); }
  task<> wait_for_work() { co_await unfinished.join(); }

  std::vector<task_handle<>> spawn_all() {
    full.put_nowait(1);
    unfinished.put_nowait(1);
    std::vector<task_handle<>> waiting;
    waiting.push_back(create_task(wait_for_lock()));
    waiting.push_back(create_task(wait_for_permit()));
    waiting.push_back(create_task(wait_for_event()));
    waiting.push_back(create_task(wait_for_notification()));
    waiting.push_back(create_task(wait_for_others()));
    waiting.push_back(create_task(wait_for_item()));
    waiting.push_back(create_task(wait_for_place()));
    waiting.push_back(create_task(wait_for_work()));
    return waiting;
  }
};

std::string wait_of(any_task const& t) {
  wait_description d;
  t.state().describe_wait(d);
  return d.what;
}

}  // namespace

TEST_CASE("every wait for a primitive can be cancelled, and leaves no waiter behind", "[runtime][sync][cancel]") {
  run_virtual([]() -> task<> {
    primitives p;
    co_await p.l.acquire();
    auto const waiting = p.spawn_all();
    co_await settle();
    CHECK(all_tasks().size() == 1 + waiting.size());
    for (auto const& t : waiting) t.cancel("enough");
    co_await settle();
    for (auto const& t : waiting) CHECK(t.cancelled());
    CHECK(p.l.statistics().waiting == 0);
    CHECK(p.none.statistics().waiting == 0);
    CHECK(p.e.statistics().waiting == 0);
    CHECK(p.c.statistics().waiting == 0);
    CHECK(p.c.statistics().waiting_for_lock == 0);
    CHECK(p.b.statistics().waiting == 0);
    CHECK(p.nothing.statistics().waiting_to_get == 0);
    CHECK(p.full.statistics().waiting_to_put == 0);
    CHECK(p.unfinished.statistics().waiting_to_join == 0);
  });
}

TEST_CASE("a wait in a cancelled scope is cancelled at once", "[runtime][sync][cancel]") {
  run_virtual([]() -> task<> {
    primitives p;
    co_await p.l.acquire();
    p.full.put_nowait(1);
    p.unfinished.put_nowait(1);
    cancel_scope scope;
    int cancelled = 0;
    auto count = [&](task<> wait) -> task<> {
      try {
        co_await std::move(wait);
      } catch (cancelled_error const&) {
        ++cancelled;
      }
    };
    scope.cancel();
    co_await scope.run([&]() -> task<> {
      co_await count(p.wait_for_lock());
      co_await count(p.wait_for_permit());
      co_await count(p.wait_for_event());
      co_await count(p.wait_for_notification());
      co_await count(p.wait_for_others());
      co_await count(p.wait_for_item());
      co_await count(p.wait_for_place());
      co_await count(p.wait_for_work());
    });
    CHECK(cancelled == 8);
    CHECK(p.c.locked());
    CHECK(p.c.statistics().holder == current_task().id());
  });
}

TEST_CASE("primitives that go before the tasks that wait for them leave them to be cancelled", "[runtime][sync][cancel]") {
  run_virtual([]() -> task<> {
    auto p = std::make_unique<primitives>();
    co_await p->l.acquire();
    auto const waiting = p->spawn_all();
    co_await settle();
    p.reset();
    for (auto const& t : waiting) t.cancel();
    co_await settle();
    for (auto const& t : waiting) CHECK(t.cancelled());
  });
}

TEST_CASE("a loop may end with tasks that wait for primitives, whichever goes first", "[runtime][sync]") {
  for (bool const primitives_first : {true, false}) {
    captured_reports reports;
    auto p = std::make_unique<primitives>();
    {
      event_loop loop(std::make_unique<virtual_clock>());
      loop.call_soon([&] {
        static_cast<void>(p->spawn_all());
        loop.call_later(1ms, [&] { loop.stop(); });
      });
      loop.run_forever();
      if (primitives_first) p.reset();
      loop.close();
    }
    CHECK(reports.count("it is pending") == 7);  // the lock was free
  }
}

TEST_CASE("tasks of two loops cannot wait for one primitive", "[runtime][sync]") {
  captured_reports reports;  // a task is left waiting
  lock l;
  std::string refusal;
  runner one(std::make_unique<virtual_clock>());
  one.run([&]() -> task<> {
    co_await l.acquire();
    static_cast<void>(spawn([&]() -> task<> { co_await l.acquire(); }));
    co_await settle();
  });
  runner other(std::make_unique<virtual_clock>());
  other.run([&]() -> task<> {
    try {
      co_await l.acquire();
    } catch (std::logic_error const& e) {
      refusal = e.what();
    }
  });
  CHECK(refusal == "tasks of two loops wait for one object: only channel works between loops");
  CHECK(l.statistics().waiting == 1);
}

TEST_CASE("a wait tells what it waits for and how many are before it", "[runtime][sync]") {
  run_virtual([]() -> task<> {
    primitives p;
    current_task().set_name("main");
    co_await p.l.acquire();
    auto const waiting = p.spawn_all();
    auto second = create_task(p.wait_for_lock());
    auto third = create_task(p.wait_for_lock());
    co_await settle();
    trace said;
    for (auto const& t : waiting) said.push_back(wait_of(t));
    said.push_back(wait_of(second));
    said.push_back(wait_of(third));
    CHECK(said == trace{"a lock held by 'main'", "a semaphore", "an event", "a condition", "a barrier where 1 of 2 have come",
                        "an item of a queue", "a place in a queue of 1", "a queue of which 1 item is not done",
                        "a lock held by 'main', behind 1 other", "a lock held by 'main', behind 2 others"});
    for (auto const& t : waiting) t.cancel();
    second.cancel();
    third.cancel();
    co_await settle();
  });
}
