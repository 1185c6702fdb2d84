// SPDX-License-Identifier: MIT
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

TEST_CASE("a task group yields what its body returns, also what can only be moved", "[runtime][group]") {
  run_virtual([]() -> task<> {
    auto pointer = co_await with_task_group([](task_group& g) -> task<std::unique_ptr<int>> {
      g.spawn(nap, 1ms);
      co_return std::make_unique<int>(7);
    });
    CHECK(*pointer == 7);
    int n = 1;
    int& same = co_await with_task_group([&](task_group&) -> task<int&> { co_return n; });
    CHECK(&same == &n);
  });
}

TEST_CASE("the body of a task group may be a plain function", "[runtime][group]") {
  run_virtual([]() -> task<> {
    auto const begin = clock::now();
    auto children = co_await with_task_group([](task_group& g) {
      g.spawn(nap, 1ms);
      g.spawn(nap, 5ms);
      return g.size();
    });
    CHECK(children == 2);
    CHECK(clock::now() - begin == 5ms);
  });
}

TEST_CASE("an empty task group does not suspend", "[runtime][group]") {
  run_virtual([]() -> task<> {
    auto const before = get_running_loop().statistics().passes;
    co_await with_task_group([](task_group&) {});
    co_await with_task_group([](task_group&) -> task<> { co_return; });
    CHECK(get_running_loop().statistics().passes == before);
  });
}

TEST_CASE("a task group needs a task", "[runtime][group]") {
  // Neither in a plain function nor in a callback.
  trace log;
  run_virtual([&]() -> task<> {
    auto t = get_running_loop().call_soon([&] {
      try {
        auto nothing = with_task_group([](task_group&) {});
        nothing.discard();
        log.push_back("only made");
      } catch (std::logic_error const& e) {
        log.push_back(e.what());
      }
    });
    co_await settle();
  });
  CHECK(log == trace{"only made"});
}

TEST_CASE("a group that lives long keeps nothing of the children that have ended", "[runtime][group]") {
  int const before = counted::alive;
  run_virtual([&]() -> task<> {
    std::size_t largest = 0;
    co_await with_task_group([&](task_group& g) -> task<> {
      for (int i = 0; i < 20'000; ++i) {
        auto child = g.spawn([]() -> task<counted> { co_return counted(); });
        co_await child;
        largest = std::max(largest, g.size());
      }
      co_await settle();
      CHECK(g.size() == 0);
    });
    CHECK(largest <= 3);
    CHECK(counted::alive == before);
  });
}

TEST_CASE("a group stays open while it waits for its children", "[runtime][group]") {
  trace log;
  run_virtual([&]() -> task<> {
    co_await with_task_group([&](task_group& g) {
      g.spawn([&]() -> task<> {
        for (int i = 0; i < 3; ++i) {
          co_await sleep(1ms);
          g.spawn([&log, i]() -> task<> {
            co_await sleep(10ms);
            log.push_back(std::to_string(i));
          });
        }
      });
    });
    log.push_back("after");
  });
  CHECK(log == trace{"0", "1", "2", "after"});
}

TEST_CASE("a child that fails at once cancels the body at its next suspension", "[runtime][group]") {
  for (bool const eager : {false, true}) {
    trace log;
    run_virtual([&]() -> task<> {
      try {
        co_await with_task_group([&](task_group& g) -> task<> {
          auto fails = []() -> task<> {
            throw boom();
            co_return;
          };
          g.create_task(fails(), {.eager_start = eager});
          log.push_back("created");
          co_await sleep(1s);
          log.push_back("no");
        });
      } catch (exception_group const& e) {
        log.push_back(kinds(e));
      }
    });
    CHECK(log == trace{"created", "boom"});
  }
}

TEST_CASE("cancelling a group from outside during its clean-up abandons no child", "[runtime][group][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto t = spawn([&]() -> task<> {
      co_await with_task_group([&](task_group& g) {
        g.spawn([&]() -> task<> {
          try {
            co_await sleep(10s);
          } catch (cancelled_error const&) {
          }
          try {
            co_await sleep(10ms);
            log.push_back("clean");
          } catch (cancelled_error const&) {
            log.push_back("clean-up cancelled");
          }
        });
      });
    });
    co_await sleep(1ms);
    t.cancel("first");
    co_await sleep(1ms);
    t.cancel("second");
    co_await settle();
    CHECK_FALSE(t.done());
    std::string reason;
    try {
      co_await t;
    } catch (cancelled_error const& e) {
      reason = e.reason();
    }
    CHECK(reason == "first");
    CHECK(t.cancelled());
  });
  // The children are asked once; further requests do not reach them.
  CHECK(log == trace{"clean"});
}

TEST_CASE("an error wins over a cancellation from outside, which is delivered at the next suspension", "[runtime][group][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto t = spawn([&]() -> task<> {
      try {
        co_await with_task_group([](task_group& g) {
          g.spawn([]() -> task<> {
            try {
              co_await sleep(10s);
            } catch (cancelled_error const&) {
            }
            throw boom();
          });
        });
      } catch (exception_group const& e) {
        log.push_back(kinds(e));
      }
      log.push_back(std::to_string(current_task().cancelling()));
      co_await yield_now();
      log.push_back("no");
    });
    co_await sleep(1ms);
    t.cancel("outside");
    try {
      co_await t;
    } catch (cancelled_error const& e) {
      log.push_back(std::string(e.reason()));
    }
  });
  CHECK(log == trace{"boom", "1", "outside"});
}

TEST_CASE("a group that cancels itself inside the clean-up of a cancelled task leaves no request behind",
          "[runtime][group][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto t = spawn([&]() -> task<> {
      try {
        co_await sleep(10s);
      } catch (cancelled_error const&) {
        log.push_back("cancelled");
      }
      co_await with_task_group([](task_group& g) { g.cancel(); });
      co_await sleep(1ms);
      log.push_back("clean");
    });
    co_await sleep(1ms);
    t.cancel();
    co_await settle();
    co_await sleep(10ms);
    CHECK_FALSE(t.cancelled());
  });
  CHECK(log == trace{"cancelled", "clean"});
}

TEST_CASE("a group that has no value because it was cancelled before its body returned says so", "[runtime][group]") {
  std::string what;
  run_virtual([&]() -> task<> {
    try {
      co_await with_task_group([](task_group& g) -> task<int> {
        g.cancel();
        co_await sleep(1s);
        co_return 1;
      });
    } catch (std::logic_error const& e) {
      what = e.what();
    }
  });
  CHECK(what == "the block was cancelled before its body returned a value");
}

TEST_CASE("an exception_group tells how many errors it holds and finds one by type", "[runtime][group]") {
  auto const one = std::make_exception_ptr(boom());
  exception_group const inner("inner", {one});
  CHECK(inner.what() == std::string("inner (1 sub-exception)"));
  exception_group const outer("unhandled errors in a task group", {std::make_exception_ptr(inner), std::make_exception_ptr(7)});
  CHECK(outer.what() == std::string("unhandled errors in a task group (2 sub-exceptions)"));
  CHECK(outer.exceptions().size() == 2);
  CHECK(outer.contains<boom>());
  CHECK(outer.contains<std::runtime_error>());
  CHECK(outer.contains<int>());
  CHECK_FALSE(outer.contains<boom2>());
  exception_group const copy = outer;
  CHECK(copy.exceptions().data() == outer.exceptions().data());
  CHECK_THROWS_AS(exception_group("empty", {}), std::invalid_argument);
}

TEST_CASE("an interrupt thrown by a child ends the loop, which still lets the siblings end", "[runtime][group]") {
  captured_reports reports;
  trace log;
  CHECK_THROWS_AS(run_virtual([&]() -> task<> {
                    co_await with_task_group([&](task_group& g) {
                      g.spawn([&]() -> task<> { co_await note_cancel(log, "sibling"); });
                      g.spawn([]() -> task<> {
                        co_await sleep(1ms);
                        throw keyboard_interrupt();
                      });
                    });
                  }),
                  keyboard_interrupt);
  CHECK(log == trace{"sibling"});
  CHECK(reports.count("error while closing") == 0);
}
