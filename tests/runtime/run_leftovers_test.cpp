// SPDX-License-Identifier: MIT
// What becomes of tasks that are still alive when main has ended.
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <string>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

task<> sleep_for_ever() { co_await halka::sleep(1h); }

}  // namespace

TEST_CASE("tasks that are left are cancelled and awaited, also those that they start meanwhile", "[run]") {
  captured_reports const reports;
  trace log;
  auto const child = [](trace& lines) -> task<> {
    try {
      co_await halka::sleep(1h);
    } catch (cancelled_error const&) {
      lines.push_back("child cancelled");
      throw;
    }
  };
  auto const leftover = [child](trace& lines) -> task<> {
    try {
      co_await halka::sleep(1h);
    } catch (cancelled_error const&) {
    }
    spawn(child, std::ref(lines));
    co_await halka::sleep(1s);
    lines.push_back("cleaned up");
  };
  run_virtual([&]() -> task<> {
    spawn(leftover, std::ref(log));
    co_await yield_now();
  });
  CHECK(log == trace{"cleaned up", "child cancelled"});
}

TEST_CASE("a leftover that fails while it is cancelled is reported, and main's own exception is thrown", "[run]") {
  captured_reports const reports;
  auto const leftover = []() -> task<> {
    try {
      co_await halka::sleep(1h);
    } catch (cancelled_error const&) {
      throw boom2("in clean-up");
    }
  };
  std::string const thrown = kind_thrown([&] {
    run_virtual([&]() -> task<> {
      spawn(leftover);
      co_await yield_now();
      throw boom();
    });
  });
  CHECK(thrown == "boom");
  CHECK(reports.count("unhandled exception during the end of halka::run, in task 'Task-2'") == 1);
  CHECK(reports.count("in clean-up") == 1);
}

TEST_CASE("the tasks that were left are named in one report", "[run]") {
  captured_reports const reports;
  run_real([]() -> task<> {
    create_task(sleep_for_ever(), {.name = "poller"});
    co_await yield_now();
  });
  CHECK(reports.texts() == trace{"1 task was still running at the end of run and cancelled: poller"});
}

TEST_CASE("of many tasks that were left five are named", "[run]") {
  captured_reports const reports;
  run_real([]() -> task<> {
    for (int i = 0; i < 7; ++i) spawn(sleep_for_ever);
    co_await yield_now();
  });
  CHECK(reports.texts() ==
        trace{"7 tasks were still running at the end of run and cancelled: Task-2, Task-3, Task-4, Task-5, Task-6, ..."});
}

TEST_CASE("in debug mode every task that was left is told with its coroutine and where it was created", "[run][debug]") {
  captured_reports const reports;
  auto const main = []() -> task<> {
    for (int i = 0; i < 7; ++i) create_task(sleep_for_ever());
    co_await yield_now();
  };
  halka::run(main(), {.debug = true});
  REQUIRE(reports.texts().size() == 1);
  std::string const text = reports.texts()[0];
  CHECK_THAT(text, StartsWith("7 tasks were still running at the end of run and cancelled:\n  'Task-2' (id 2) running "));
  CHECK_THAT(text, ContainsSubstring("'Task-8' (id 8) running ") && ContainsSubstring("sleep_for_ever (run_leftovers_test.cpp:"));
  CHECK_THAT(text, ContainsSubstring(", waiting, created at run_leftovers_test.cpp:"));
}
