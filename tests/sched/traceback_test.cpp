// SPDX-License-Identifier: MIT
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <source_location>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

int throwing_line = 0;
int awaiting_line = 0;

task<> innermost() {
  co_await yield_now();
  throwing_line = std::source_location::current().line() - 1;  // the await that was reached last
  throw boom("lost");
}

task<> middle() {
  awaiting_line = std::source_location::current().line() + 1;
  co_await innermost();
}

task<> outermost() { co_await middle(); }

task<> translates() {
  try {
    co_await innermost();
  } catch (boom const&) {
    throw boom2("translated");
  }
}

/// The names at the beginning of the lines of a traceback, in order, and its last line.
trace names(std::string const& text) {
  trace result;
  std::size_t begin = 0;
  while (begin < text.size()) {
    std::size_t const end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    if (line.starts_with("  ")) {
      line.erase(0, 2);
      line.resize(std::min(line.find("  "), line.size()));  // the place follows in a column of its own
      if (auto const colons = line.rfind("::"); colons != std::string::npos) line.erase(0, colons + 2);
    }
    result.push_back(line);
    begin = end + 1;
  }
  return result;
}

trace const whole_way{"Traceback (most recent await last):", "outermost", "middle", "innermost", "halka::test::boom: lost"};

}  // namespace

TEST_CASE("a traceback names the coroutines that an exception passed, the innermost last", "[sched][traceback]") {
  run_virtual([]() -> task<> {
    std::string text;
    try {
      co_await outermost();
    } catch (...) {
      text = traceback(std::current_exception());
    }
    CHECK(names(text) == whole_way);
    CHECK(text.find("traceback_test.cpp:" + std::to_string(awaiting_line)) != std::string::npos);
    CHECK(text.find("traceback_test.cpp:" + std::to_string(throwing_line)) != std::string::npos);
    CHECK(text.back() != '\n');
  });
}

TEST_CASE("the way of an exception that ended a task is known to who holds the task", "[sched][traceback]") {
  run_virtual([]() -> task<> {
    auto t = create_task(outermost());
    co_await settle();
    REQUIRE(t.done());
    CHECK(names(traceback(t.exception())) == whole_way);
  });
}

TEST_CASE("awaiting a failed task tells the way inside that task too", "[sched][traceback]") {
  run_virtual([]() -> task<> {
    auto t = create_task(outermost());
    std::string text;
    try {
      co_await t;
    } catch (...) {
      text = traceback(std::current_exception());
    }
    CHECK(names(text) == whole_way);
  });
}

TEST_CASE("the way of an exception that left run is known to the caller of run", "[sched][traceback]") {
  std::string text;
  try {
    run_virtual([]() -> task<> { co_await outermost(); });
  } catch (boom const&) {
    text = traceback(std::current_exception());
  }
  trace const told = names(text);
  REQUIRE(told.size() >= 4);
  CHECK(trace(told.end() - 4, told.end()) == trace(whole_way.end() - 4, whole_way.end()));
}

TEST_CASE("another exception thrown on the way begins a trace of its own", "[sched][traceback]") {
  run_virtual([]() -> task<> {
    std::string text;
    try {
      co_await translates();
    } catch (...) {
      text = traceback(std::current_exception());
    }
    CHECK(names(text) == trace{"Traceback (most recent await last):", "translates", "halka::test::boom2: translated"});
  });
}

TEST_CASE("an exception whose way is not known is told by its type and text alone", "[sched][traceback]") {
  CHECK(traceback(std::make_exception_ptr(boom("alone"))) == "halka::test::boom: alone");
  CHECK(traceback(nullptr) == "no exception");
}

TEST_CASE("the report of an exception that was never retrieved contains its way", "[sched][traceback]") {
  captured_reports const reports;
  run_virtual([]() -> task<> {
    create_task(outermost(), {.name = "forgotten"});
    co_await settle();
  });
  REQUIRE(reports.texts().size() == 1);
  trace const told = names(reports.texts()[0]);
  REQUIRE(told.size() == 6);
  CHECK(told[0] == "exception of task 'forgotten' was never retrieved");
  CHECK(trace(told.begin() + 1, told.end()) == whole_way);
}
