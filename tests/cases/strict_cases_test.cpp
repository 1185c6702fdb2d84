// SPDX-License-Identifier: MIT
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <optional>
#include <stdexcept>
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

TEST_CASE("cancelling a group ends it early, without an error", "[case][STRICT-04]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto const begin = clock::now();
    co_await with_task_group([&](task_group& g) -> task<> {
      g.spawn([&]() -> task<> { co_await note_cancel(log, "a"); });
      g.spawn([&]() -> task<> {
        co_await sleep(10ms);
        g.cancel();
      });
      co_await sleep(10s);
      log.push_back("no");
    });
    log.push_back("after");
    log.push_back(std::to_string(current_task().cancelling()));
    CHECK(clock::now() - begin == 10ms);
    co_await yield_now();
  });
  CHECK(log == trace{"a", "after", "0"});
}

TEST_CASE("a cancelled group refuses new children, and cancelling it again changes nothing", "[case][STRICT-04]") {
  std::string refusal;
  bool ran = false;
  run_virtual([&]() -> task<> {
    co_await with_task_group([&](task_group& g) {
      g.cancel();
      g.cancel();
      try {
        g.spawn([&]() -> task<> {
          ran = true;
          co_return;
        });
      } catch (std::logic_error const& e) {
        refusal = e.what();
      }
    });
    CHECK(current_task().cancelling() == 0);
    co_await yield_now();
  });
  CHECK(refusal == "task group is shutting down: it accepts no more tasks");
  CHECK_FALSE(ran);
}

// A group cannot be named before it is entered, so the cancellation that comes earliest is that of the body's first statement.
TEST_CASE("the body of a group that is cancelled at once is cancelled at its first suspension", "[case][STRICT-04]") {
  trace log;
  run_virtual([&]() -> task<> {
    co_await with_task_group([&](task_group& g) -> task<> {
      g.cancel();
      log.push_back("runs");
      co_await yield_now();
      log.push_back("no");
    });
    log.push_back("after");
    co_await yield_now();
  });
  CHECK(log == trace{"runs", "after"});
}

TEST_CASE("an error of a child joins the end of a cancelled group", "[case][STRICT-04]") {
  std::string members;
  run_virtual([&]() -> task<> {
    try {
      co_await with_task_group([](task_group& g) -> task<> {
        g.spawn([]() -> task<> {
          try {
            co_await sleep(10s);
          } catch (cancelled_error const&) {
          }
          throw boom();
        });
        co_await yield_now();
        g.cancel();
      });
    } catch (exception_group const& e) {
      members = kinds(e);
    }
    CHECK(current_task().cancelling() == 0);
    co_await yield_now();
  });
  CHECK(members == "boom");
}

TEST_CASE("an eagerly started child that cancels its own group is cancelled itself", "[case][STRICT-06]") {
  trace log;
  run_virtual([&]() -> task<> {
    co_await with_task_group([&](task_group& g) {
      auto child = [&]() -> task<> {
        log.push_back("began");
        g.cancel();
        co_await sleep_until(never);
      };
      auto handle = g.create_task(bind_task(child), {.eager_start = true});
      log.push_back(handle.done() ? "done" : "waits");
    });
    log.push_back("exited");
  });
  CHECK(log == trace{"began", "waits", "exited"});
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

TEST_CASE("awaiting tasks that end during their eager start does not starve a due timer and other tasks", "[case][STRICT-09]") {
  check_in_time(turns_after([] {
    auto nothing = []() -> task<> { co_return; };
    return create_task(nothing(), {.eager_start = true});
  }));
}
