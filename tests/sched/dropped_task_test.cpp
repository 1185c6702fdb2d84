// SPDX-License-Identifier: MIT
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace halka;
using namespace halka::test;

namespace {

task<int> answer() { co_return 42; }

}  // namespace

TEST_CASE("a coroutine that is dropped without being awaited is reported with its name and place", "[sched][task]") {
  captured_reports const reports;
  { task<int> const dropped = answer(); }
  REQUIRE(reports.texts().size() == 1);
  CHECK(reports.texts()[0].find("answer (dropped_task_test.cpp:") != std::string::npos);
  CHECK(reports.texts()[0].find("was never awaited") != std::string::npos);
}

TEST_CASE("a coroutine that was awaited, discarded or dropped by a passing exception is not reported", "[sched][task]") {
  captured_reports const reports;
  CHECK(halka::run(answer()) == 42);
  answer().discard();
  CHECK(kind_thrown([] {
          task<int> const dropped = answer();
          throw boom();
        }) == "boom");
  CHECK(reports.texts().empty());
}

TEST_CASE("dropping a coroutine destroys its parameters", "[sched][task]") {
  captured_reports const reports;
  counted::alive = 0;
  auto keep = [](counted c) -> task<int> { co_return c.value; };
  {
    task<int> const dropped = keep(counted(1));
    CHECK(counted::alive == 1);
  }
  CHECK(counted::alive == 0);
  CHECK(reports.count("was never awaited") == 1);
}

TEST_CASE("a task that is assigned to releases what it held", "[sched][task]") {
  captured_reports const reports;
  auto keep = [](counted c) -> task<int> { co_return c.value; };
  task<int> t = keep(counted(1));
  t = keep(counted(2));
  CHECK(counted::alive == 1);
  CHECK(reports.count("was never awaited") == 1);
  CHECK(halka::run(std::move(t)) == 2);
  CHECK(counted::alive == 0);
}
