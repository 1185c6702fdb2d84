// SPDX-License-Identifier: MIT
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <optional>
#include <string>
#include <utility>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

TEST_CASE("every suspension in a cancelled scope throws until the scope ends", "[case][STRICT-01]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto const begin = clock::now();
    cancel_scope s;
    co_await s.run([&]() -> task<> {
      s.cancel();
      for (int i = 0; i < 3; ++i) {
        try {
          co_await sleep(1s);
        } catch (cancelled_error const&) {
          log.push_back("C");
        }
      }
    });
    co_await yield_now();
    log.push_back("outside");
    CHECK(clock::now() == begin);
  });
  CHECK(log == trace{"C", "C", "C", "outside"});
}

TEST_CASE("a scope that is edge-triggered throws once, as asyncio does", "[case][STRICT-01]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto const begin = clock::now();
    cancel_scope s({.level_triggered = false});
    co_await s.run([&]() -> task<> {
      s.cancel();
      for (int i = 0; i < 3; ++i) {
        try {
          co_await sleep(1s);
          log.push_back("slept");
        } catch (cancelled_error const&) {
          log.push_back("C");
        }
      }
    });
    CHECK(clock::now() - begin == 2s);
  });
  CHECK(log == trace{"C", "slept", "slept"});
}

TEST_CASE("of nested cancelled scopes the outermost absorbs the cancellation", "[case][STRICT-02]") {
  run_virtual([]() -> task<> {
    cancel_scope a, b, c;
    co_await a.run([&]() -> task<> {
      co_await b.run([&]() -> task<> {
        co_await c.run([&]() -> task<> {
          c.cancel();
          b.cancel();
          co_await sleep_until(never);
        });
      });
    });
    CHECK_FALSE(a.cancelled_caught());
    CHECK(b.cancelled_caught());
    CHECK_FALSE(c.cancelled_caught());
  });
}

TEST_CASE("a scope that ends before its cancellation is delivered delivers nothing", "[case][STRICT-02]") {
  run_virtual([]() -> task<> {
    cancel_scope s;
    co_await s.run([&] { s.cancel(); });
    co_await yield_now();
    CHECK(s.cancel_called());
    CHECK_FALSE(s.cancelled_caught());
  });
}

TEST_CASE("of nested scopes with one deadline, of every kind, the outermost absorbs it", "[case][STRICT-02]") {
  for (bool const outer_is_level : {true, false}) {
    run_virtual([&]() -> task<> {
      auto const deadline = clock::now() + 1ms;
      cancel_scope a({.deadline = deadline, .level_triggered = outer_is_level});
      cancel_scope b({.deadline = deadline, .level_triggered = !outer_is_level});
      bool timed_out = false;
      co_await a.run([&]() -> task<> {
        co_await b.run([&]() -> task<> {
          try {
            co_await timeout_at(deadline, wait_for_ever);
          } catch (timeout_error const&) {
            timed_out = true;
          }
        });
      });
      CHECK_FALSE(timed_out);
      CHECK(a.cancelled_caught());
      CHECK_FALSE(b.cancelled_caught());
      co_await yield_now();
    });
  }
}

TEST_CASE("a shielded scope inside a cancelled one is not cancelled, unless by itself", "[case][STRICT-02]") {
  trace log;
  run_virtual([&]() -> task<> {
    cancel_scope a, b({.shield = true}), c({.deadline = clock::now() + 2ms, .shield = true});
    co_await a.run([&]() -> task<> {
      a.cancel();
      co_await b.run([&]() -> task<> {
        co_await sleep(1ms);
        log.push_back("b");
      });
      co_await c.run([&]() -> task<> { co_await sleep_until(never); });
      log.push_back("c");
      co_await yield_now();
      log.push_back("no");
    });
    CHECK(a.cancelled_caught());
    CHECK_FALSE(b.cancelled_caught());
    CHECK(c.cancelled_caught());
  });
  CHECK(log == trace{"b", "c"});
}

namespace {

/// Awaits what is there already, 200 000 times, and tells how often before a timer and another task got their turns.
template <class Await>
std::pair<int, int> turns_after(Await await_ready_thing) {
  int count = 0, timer_at = -1, task_at = -1;
  run_virtual([&]() -> task<> {
    auto timer = get_running_loop().call_later(0s, [&] { timer_at = count; });
    auto other = spawn([&]() -> task<> {
      task_at = count;
      co_return;
    });
    for (; count < 200'000; ++count) co_await await_ready_thing();
    co_await other;
  });
  return {timer_at, task_at};
}

void check_in_time(std::pair<int, int> turns) {
  CHECK(turns.first >= 0);
  CHECK(turns.first <= 2'000);
  CHECK(turns.second >= 0);
  CHECK(turns.second <= 2'000);
}

}  // namespace

TEST_CASE("awaiting an event that is set does not starve a due timer and other tasks", "[case][STRICT-09]") {
  event e;
  e.set();
  check_in_time(turns_after([&] { return e.wait(); }));
}

TEST_CASE("awaiting a finished future does not starve a due timer and other tasks", "[case][STRICT-09]") {
  std::optional<future<int>> f;
  check_in_time(turns_after([&]() -> future<int> const& {
    if (!f) {
      f.emplace();
      f->set_result(1);
    }
    return *f;
  }));
}

TEST_CASE("taking free permits does not starve a due timer and other tasks", "[case][STRICT-09]") {
  semaphore s(200'000);
  check_in_time(turns_after([&] { return s.acquire(); }));
}

TEST_CASE("taking items that are there does not starve a due timer and other tasks", "[case][STRICT-09]") {
  queue<int> q;
  for (int i = 0; i < 200'000; ++i) q.put_nowait(i);
  check_in_time(turns_after([&] { return q.get(); }));
  CHECK(q.empty());
}

TEST_CASE("putting items into a queue with room does not starve a due timer and other tasks", "[case][STRICT-09]") {
  queue<int> q;
  check_in_time(turns_after([&] { return q.put(1); }));
  CHECK(q.size() == 200'000);
}

TEST_CASE("taking a free lock does not starve a due timer and other tasks", "[case][STRICT-09]") {
  lock l;
  check_in_time(turns_after([&]() -> task<> { auto held = co_await l.hold(); }));
}

TEST_CASE("awaiting tasks that end during their eager start does not starve a due timer and other tasks", "[case][STRICT-09]") {
  check_in_time(turns_after([] {
    auto nothing = []() -> task<> { co_return; };
    return create_task(nothing(), {.eager_start = true});
  }));
}
