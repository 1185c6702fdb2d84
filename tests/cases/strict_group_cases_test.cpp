// SPDX-License-Identifier: MIT
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <stdexcept>
#include <string>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

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

TEST_CASE("cancelling a group does not swallow a request from outside", "[case][STRICT-04]") {
  for (bool const pending_at_entry : {true, false}) {
    run_virtual([&]() -> task<> {
      auto t = spawn([&]() -> task<> {
        if (pending_at_entry) current_task().cancel("outside");
        co_await with_task_group([&](task_group& g) -> task<> {
          g.cancel();
          if (!pending_at_entry) current_task().cancel("outside");
          co_await sleep(1s);
        });
      });
      std::string reason;
      try {
        co_await t;
      } catch (cancelled_error const& e) {
        reason = e.reason();
      }
      CHECK(reason == "outside");
    });
  }
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
