// SPDX-License-Identifier: MIT
#include <halka/sched/task_tree.hpp>

#include "../support/fixture.hpp"
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <regex>
#include <string>

using namespace halka;
using namespace halka::test;

namespace {

/// Without file names and lines.
std::string shape(std::string const& tree) {
  std::string const without_places = std::regex_replace(tree, std::regex(" running [^,\n]*"), "");
  return std::regex_replace(without_places, std::regex(" at [^,;\n]*:[0-9]+"), " HERE");
}

task<> wait_for_handle(task_handle<> other) { co_await other; }

}  // namespace

TEST_CASE("below a task stand those that it waits for, with what and where", "[sched][tree]") {
  std::string tree;
  run_virtual([&]() -> task<> {
    current_task().set_name("main");
    future<> const opened;
    auto wait_for_future = [&]() -> task<> { co_await opened; };
    auto parent = [&]() -> task<> { co_await gather(wait_for_future(), nap(std::chrono::seconds(1))); };
    auto const handle = create_task(parent(), {.name = "parent"});
    for (int i = 0; i < 3; ++i) co_await yield_now();
    auto const waiting = create_task(wait_for_handle(handle), {.name = "waiting"});
    co_await yield_now();
    tree = task_tree(all_tasks());
    opened.set_result();
    co_await waiting;
  });
  CHECK(shape(tree) ==
        "'main' (id 1), running\n"
        "'waiting' (id 5), waits for a task HERE\n"
        "└── 'parent' (id 2), waits for 2 tasks HERE\n"
        "    ├── 'Task-3' (id 3), waits for a future HERE\n"
        "    └── 'Task-4' (id 4), waits for a deadline HERE");
}

TEST_CASE("tasks that wait for each other are told as a circle", "[sched][tree]") {
  std::string tree;
  run_virtual([&]() -> task<> {
    task_handle<> a;
    task_handle<> b;
    auto wait_for_b = [&]() -> task<> { co_await b; };
    a = create_task(wait_for_b(), {.name = "a"});
    b = create_task(wait_for_handle(a), {.name = "b"});
    for (int i = 0; i < 3; ++i) co_await yield_now();
    std::vector<any_task> const both{a, b};
    tree = task_tree(both);
    get_running_loop().call_soon([] {});
    co_return;
  });
  CHECK(shape(tree) ==
        "'a' (id 2), waits for a task HERE\n"
        "└── 'b' (id 3), waits for a task HERE\n"
        "    └── 'a' (id 2), waits for a task HERE; a circle: 'a' -> 'b' -> 'a'");
}
