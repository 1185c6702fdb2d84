// SPDX-License-Identifier: MIT
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <stdexcept>
#include <string>
#include <type_traits>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

task<> fail_when_cancelled() {
  try {
    co_await sleep(10s);
  } catch (cancelled_error const&) {
  }
  throw boom2();
}

task<> swallow_cancel() {
  try {
    co_await sleep(10s);
  } catch (cancelled_error const&) {
  }
}

}  // namespace

TEST_CASE("a task group waits for all children, also for those created while it waits", "[case][TG-01]") {
  trace log;
  run_virtual([&]() -> task<> {
    task_handle<int> a;
    co_await with_task_group([&](task_group& g) {
      a = g.spawn(value_after<int>, 20ms, 1);
      g.spawn([&]() -> task<> {
        co_await sleep(10ms);
        g.spawn([&]() -> task<> {
          co_await sleep(30ms);
          log.push_back("grandchild");
        });
      });
    });
    log.push_back("after");
    log.push_back(std::to_string(a.result()));
  });
  CHECK(log == trace{"grandchild", "after", "1"});
}

TEST_CASE("the first failure of a child cancels its siblings and the body, and arrives in one group", "[case][TG-02]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto const begin = clock::now();
    task_handle<> s;
    try {
      co_await with_task_group([&](task_group& g) -> task<> {
        g.spawn(fail_after<boom>, 10ms);
        s = g.spawn([&]() -> task<> { co_await note_cancel(log, "s"); });
        co_await note_cancel(log, "body");
      });
    } catch (exception_group const& e) {
      log.push_back(kinds(e));
    }
    CHECK(s.cancelled());
    CHECK(current_task().cancelling() == 0);
    CHECK(clock::now() - begin == 10ms);
    co_await sleep(1ms);
    log.push_back("goes on");
  });
  CHECK(log == trace{"s", "body", "boom", "goes on"});
}

TEST_CASE("what siblings throw while they are cancelled joins the group, and swallowing adds nothing", "[case][TG-03]") {
  run_virtual([]() -> task<> {
    std::string const r = co_await kinds_of(with_task_group([](task_group& g) {
      g.spawn(fail_after<boom>, 10ms);
      g.spawn(fail_when_cancelled);
      g.spawn(swallow_cancel);
    }));
    CHECK(r == "group(boom boom2)");
  });
}

TEST_CASE("the body's error cancels the children and stands last in the group", "[case][TG-04]") {
  run_virtual([]() -> task<> {
    task_handle<> t1;
    std::string const r = co_await kinds_of(with_task_group([&](task_group& g) -> task<> {
      t1 = g.spawn(wait_for_ever);
      g.spawn(fail_when_cancelled);
      co_await yield_now();
      throw boom();
    }));
    CHECK(r == "group(boom2 boom)");
    CHECK(t1.cancelled());
  });
}

TEST_CASE("children that have not begun when the body fails never run", "[case][TG-04]") {
  run_virtual([]() -> task<> {
    task_handle<> t1;
    std::string const r = co_await kinds_of(with_task_group([&](task_group& g) {
      t1 = g.spawn(wait_for_ever);
      g.spawn(fail_when_cancelled);
      throw boom();
    }));
    CHECK(r == "group(boom)");
    CHECK(t1.cancelled());
  });
}

TEST_CASE("a cancellation from outside cancels the children and leaves the group unwrapped", "[case][TG-05]") {
  trace log;
  int n = 0;
  run_virtual([&]() -> task<> {
    auto r = spawn([&]() -> task<> {
      co_await with_task_group([&](task_group& g) {
        for (int i = 0; i < 5; ++i)
          g.spawn([&]() -> task<> {
            try {
              co_await sleep(10s);
            } catch (cancelled_error const&) {
              ++n;
              throw;
            }
          });
      });
      log.push_back("not reached");
    });
    co_await sleep(10ms);
    r.cancel();
    try {
      co_await r;
    } catch (cancelled_error const&) {
      log.push_back(std::to_string(n));
    }
    CHECK(r.cancelled());
  });
  CHECK(log == trace{"5"});
}

TEST_CASE("an inner child's error is wrapped by both groups, an outer child's only by the outer group", "[case][TG-08]") {
  run_virtual([]() -> task<> {
    auto nested = [](clock::duration outer, clock::duration inner) {
      return with_task_group([=](task_group& g1) -> task<> {
        g1.spawn(fail_after<boom>, outer);
        co_await with_task_group([=](task_group& g2) { g2.spawn(fail_after<boom2>, inner); });
      });
    };
    std::string const a = co_await kinds_of(nested(10s, 10ms));
    CHECK(a == "group(group(boom2))");
    std::string const b = co_await kinds_of(nested(10ms, 10s));
    CHECK(b == "group(boom)");
  });
}

TEST_CASE("a child that is cancelled by itself is no error of its group", "[case][TG-09]") {
  run_virtual([]() -> task<> {
    task_handle<> t1;
    task_handle<int> t2;
    co_await with_task_group([&](task_group& g) -> task<> {
      t1 = g.spawn(wait_for_ever);
      co_await yield_now();
      t1.cancel();
      t2 = g.spawn(value_after<int>, 10ms, 11);
    });
    CHECK(t1.cancelled());
    CHECK(t2.result() == 11);
  });
}

// A group outside of its block cannot be named, so three of the refusals are refusals of the compiler: it cannot be made before the
// block, entered twice, or kept until after it.
static_assert(!std::is_default_constructible_v<task_group>);
static_assert(!std::is_copy_constructible_v<task_group> && !std::is_move_constructible_v<task_group>);

TEST_CASE("a group that is shutting down refuses new children, which never run", "[case][TG-10]") {
  captured_reports reports;
  trace log;
  run_virtual([&]() -> task<> {
    auto f = [&]() -> task<> {
      log.push_back("f ran");
      co_return;
    };
    std::string const r = co_await kinds_of(with_task_group([&](task_group& g) {
      g.spawn(fail_after<boom>, 1ms);
      g.spawn([&]() -> task<> {
        try {
          co_await sleep(1s);
        } catch (cancelled_error const&) {
          try {
            g.spawn(f);
          } catch (std::logic_error const& e) {
            log.push_back(e.what());
          }
        }
      });
    }));
    CHECK(r == "group(boom)");
    co_await settle();
  });
  CHECK(log == trace{"task group is shutting down: it accepts no more tasks"});
  CHECK(reports.texts() == trace{});
}

TEST_CASE("a body that turns the outside cancellation into an error ends with that error in a group", "[case][TG-13]") {
  run_virtual([]() -> task<> {
    auto r = spawn([]() -> task<> {
      co_await with_task_group([](task_group&) -> task<> {
        try {
          co_await sleep(10s);
        } catch (cancelled_error const&) {
          throw boom();
        }
      });
    });
    co_await sleep(10ms);
    r.cancel();
    co_await settle();
    CHECK(r.done());
    CHECK_FALSE(r.cancelled());
    try {
      r.result();
      FAIL_CHECK("no error");
    } catch (exception_group const& e) {
      CHECK(kinds(e) == "boom");
    }
  });
}

TEST_CASE("an interrupt leaves a group unwrapped, after the children were cancelled and have ended", "[case][TG-15]") {
  trace log;
  run_virtual([&]() -> task<> {
    std::string const r = co_await kinds_of(with_task_group([&](task_group& g) -> task<> {
      g.spawn(fail_after<boom>, 10ms);
      g.spawn([&]() -> task<> { co_await note_cancel(log, "child"); });
      try {
        co_await sleep(10s);
      } catch (cancelled_error const&) {
      }
      throw keyboard_interrupt();
    }));
    log.push_back(r);
    CHECK(current_task().cancelling() == 0);
  });
  CHECK(log == trace{"child", "keyboard_interrupt"});
}

TEST_CASE("an exception of any other type joins the group", "[case][TG-15]") {
  run_virtual([]() -> task<> {
    std::string const r = co_await kinds_of(with_task_group([](task_group& g) -> task<> {
      g.spawn(fail_after<boom>, 10ms);
      try {
        co_await sleep(10s);
      } catch (cancelled_error const&) {
      }
      throw 42;
    }));
    CHECK(r == "group(boom int)");
  });
}
