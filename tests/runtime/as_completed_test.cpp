// SPDX-License-Identifier: MIT
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

TEST_CASE("as_completed moves values out and ends after the last", "[runtime][as_completed]") {
  run_virtual([]() -> task<> {
    auto make = [](clock::duration d, int n) -> task<std::unique_ptr<int>> {
      co_await sleep(d);
      co_return std::make_unique<int>(n);
    };
    std::vector<task<std::unique_ptr<int>>> tasks;
    tasks.push_back(make(2ms, 1));
    tasks.push_back(make(1ms, 2));
    auto results = as_completed(std::move(tasks));
    auto first = co_await results.next();
    CHECK(*first->value() == 2);
    auto second = co_await results.next();
    CHECK(*second->value() == 1);
    auto end = co_await results.next();
    CHECK_FALSE(end.has_value());
    auto still = co_await results.next();
    CHECK_FALSE(still.has_value());
  });
}

TEST_CASE("as_completed of nothing ends at once", "[runtime][as_completed]") {
  run_virtual([]() -> task<> {
    std::vector<task<int>> none;
    auto results = as_completed(std::move(none));
    auto end = co_await results.next();
    CHECK_FALSE(end.has_value());
  });
}

TEST_CASE("a task that is given twice comes once", "[runtime][as_completed]") {
  run_virtual([]() -> task<> {
    auto a = spawn(value_after<int>, 2ms, 1);
    auto b = spawn(value_after<int>, 1ms, 2);
    std::vector<task_handle<int>> const tasks{a, b, a, b};
    auto results = as_completed(tasks);
    std::vector<int> seen;
    while (auto r = co_await results.next()) seen.push_back(r->value());
    CHECK(seen == std::vector<int>{2, 1});
  });
}

TEST_CASE("tasks that ended together come in the order in which they ended", "[runtime][as_completed]") {
  run_virtual([]() -> task<> {
    std::vector<task_handle<int>> tasks;
    for (int i = 0; i < 5; ++i) tasks.push_back(spawn(value_after<int>, 5ms, i));
    co_await sleep(10ms);
    auto results = as_completed(tasks);
    std::vector<int> seen;
    while (auto r = co_await results.next()) seen.push_back(r->value());
    CHECK(seen == std::vector<int>{0, 1, 2, 3, 4});
  });
}

TEST_CASE("the consumer may await between two results and loses none", "[runtime][as_completed]") {
  run_virtual([]() -> task<> {
    std::vector<task<int>> tasks;
    for (int i = 0; i < 5; ++i) tasks.push_back(value_after<int>(1ms * i, i));
    auto results = as_completed(std::move(tasks));
    std::vector<int> seen;
    while (auto r = co_await results.next()) {
      seen.push_back(r->value());
      co_await sleep(2ms);
    }
    CHECK(seen == std::vector<int>{0, 1, 2, 3, 4});
  });
}

TEST_CASE("dropping as_completed early cancels the tasks that it started", "[runtime][as_completed][cancel]") {
  trace log;
  run_virtual([&]() -> task<> {
    {
      std::vector<task<>> tasks;
      tasks.push_back(nap(1ms));
      tasks.push_back(note_cancel(log, "second"));
      auto results = as_completed(std::move(tasks));
      auto first = co_await results.next();
      CHECK(first->has_value());
    }
    co_await settle();
    CHECK(all_tasks().size() == 1);
  });
  CHECK(log == trace{"second"});
}

TEST_CASE("a child's cancellation is an outcome at its turn", "[runtime][as_completed][cancel]") {
  run_virtual([]() -> task<> {
    auto a = spawn(wait_for_ever);
    std::vector<task_handle<>> const tasks{a};
    a.cancel("gone");
    auto results = as_completed(tasks);
    auto first = co_await results.next();
    CHECK(describe(first->exception()) == "halka::cancelled_error: gone");
    CHECK(current_task().cancelling() == 0);
  });
}
