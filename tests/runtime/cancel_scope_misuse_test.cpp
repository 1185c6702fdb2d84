// SPDX-License-Identifier: MIT
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

TEST_CASE("a scope cannot be cancelled from another thread, nor entered outside of a task", "[runtime][scope]") {
  trace log;
  run_real([&]() -> task<> {
    cancel_scope s;
    co_await s.run([&]() -> task<> {
      co_await to_thread([&] {
        try {
          s.cancel();
        } catch (std::logic_error const& e) {
          log.push_back(e.what());
        }
      });
      std::thread([&] {
        run_virtual([&]() -> task<> {
          try {
            s.reschedule(clock::now());
          } catch (std::logic_error const& e) {
            log.push_back(e.what());
          }
          co_return;
        });
      }).join();
      CHECK_FALSE(s.cancel_called());
    });
  });
  CHECK(log ==
        trace{"cancel_scope::cancel: the scope is in another loop's task; use call_soon_threadsafe of the loop that runs it",
              "cancel_scope::reschedule: the scope is in another loop's task; use call_soon_threadsafe of the loop that runs it"});
}

TEST_CASE("a scope that another task is in cannot be entered", "[runtime][scope]") {
  run_virtual([]() -> task<> {
    cancel_scope s;
    auto inside = spawn([&]() -> task<> { co_await s.run(wait_for_ever); });
    co_await yield_now();
    std::string what;
    try {
      co_await s.run([] {});
    } catch (std::logic_error const& e) {
      what = e.what();
    }
    CHECK(what == "cancel_scope: it was entered before");
    s.cancel();
    co_await inside;
  });
}

TEST_CASE("a thousand nested blocks that all ask end in the outermost", "[runtime][scope]") {
  struct nest {
    std::vector<cancel_scope*> scopes;
    bool level = true;
    task<> enter(int i) {
      if (i == 1000) {
        for (cancel_scope* s : scopes) s->cancel();
        CHECK(current_task().cancelling() == 1000);
        co_await sleep(1s);
      }
      cancel_scope mine({.level_triggered = level && i % 2 == 0});
      scopes.push_back(&mine);
      co_await mine.run([this, i] { return enter(i + 1); });
      CHECK(mine.cancelled_caught() == (i == 0));
    }
  };
  for (bool const level : {true, false}) {
    run_virtual([&]() -> task<> {
      nest n;
      n.level = level;
      co_await n.enter(0);
      CHECK(current_task().cancelling() == 0);
      co_await yield_now();
    });
  }
}

TEST_CASE("a task counts more requests than its record has room for", "[runtime][scope][cancel]") {
  run_virtual([]() -> task<> {
    auto const self = current_task();
    for (int i = 0; i < 1000; ++i) self.cancel();
    CHECK(self.cancelling() == 1000);
    for (int i = 0; i < 1000; ++i) self.uncancel();
    CHECK(self.cancelling() == 0);
    co_await yield_now();
  });
}

TEST_CASE("a loop that is closed in the midst of scopes leaves nothing", "[runtime][scope]") {
  captured_reports reports;
  event_loop loop(std::make_unique<virtual_clock>());
  loop.call_soon([] {
    spawn([]() -> task<> {
      cancel_scope s({.deadline = clock::now() + 1h, .shield = true}), inner;
      co_await s.run([&]() -> task<> {
        inner.cancel();
        co_await inner.run([&]() -> task<> {
          cancel_scope last({.shield = true});
          co_await last.run(wait_for_ever);
        });
      });
    });
  });
  loop.call_later(1ms, [&] { loop.stop(); });
  loop.run_forever();
  loop.close();
  CHECK(reports.count("Task-1") == 1);
}

TEST_CASE("a scope may outlive a task that was destroyed with its loop", "[runtime][scope]") {
  bool const shield = GENERATE(false, true);
  captured_reports const reports;
  cancel_scope scope({.deadline = never, .shield = shield});
  auto const body = [&]() -> task<> { co_await scope.run([] { return wait_for_ever(); }); };
  {
    event_loop loop(std::make_unique<virtual_clock>());
    task_handle<> t;
    loop.call_soon([&] { t = create_task(body(), {.name = "left"}); });
    for (int i = 0; i < 3; ++i) {
      loop.stop();
      loop.run_forever();
    }
  }
  CHECK(reports.count("task was destroyed but it is pending: 'left'") == 1);
  scope.cancel();
  CHECK_FALSE(scope.cancel_called());
}
