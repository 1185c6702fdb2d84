// SPDX-License-Identifier: MIT
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <source_location>

using namespace halka;
using namespace halka::test;

// Every function here tells where it is; the names must be the same with every compiler.
namespace report_names {

using location = std::source_location;

location free_function(int, std::string const&) { return location::current(); }

struct shop {
  location handle(int) const { return location::current(); }
  static location make() { return location::current(); }
  location operator()(int) const { return location::current(); }
  template <class T>
  location get(T) const {
    return location::current();
  }
};

template <class T>
struct box {
  location get(T) const { return location::current(); }
};

template <class T>
location function_template(T) {
  return location::current();
}
template <class Function>
location takes_function(Function) {
  return location::current();
}
template <class Key, class Value>
location two_parameters(Key, Value) {
  return location::current();
}

location in_lambda() {
  return [] { return location::current(); }();
}
location in_lambda_with_parameters() {
  return [](int, std::string const&) { return location::current(); }(1, "");
}
location in_nested_lambda() {
  return [] { return [](int) { return location::current(); }(1); }();
}

task<> coroutine() { co_return; }
struct service {
  task<> run() const { co_return; }
};

}  // namespace report_names

TEST_CASE("the name of a function is told without its return type and its parameters", "[sched][report]") {
  using namespace report_names;
  CHECK(function_name(free_function(1, "")) == "report_names::free_function");
  CHECK(function_name(shop().handle(1)) == "report_names::shop::handle");
  CHECK(function_name(shop::make()) == "report_names::shop::make");
  CHECK(function_name(shop()(1)) == "report_names::shop::operator()");
}

TEST_CASE("the name of a template is told without its arguments' list", "[sched][report]") {
  using namespace report_names;
  CHECK(function_name(shop().get(1)) == "report_names::shop::get");
  CHECK(function_name(function_template(1)) == "report_names::function_template");
  CHECK(function_name(function_template(std::string())) == "report_names::function_template");
  CHECK(function_name(two_parameters(1, std::string())) == "report_names::two_parameters");
  CHECK(function_name(takes_function(free_function)) == "report_names::takes_function");
  CHECK(function_name(box<int>().get(1)).starts_with("report_names::box<"));
  CHECK(function_name(box<int>().get(1)).ends_with(">::get"));
}

TEST_CASE("a function template that is given a lambda keeps its own name", "[sched][report]") {
  CHECK(function_name(report_names::takes_function([](int) { return 1; })) == "report_names::takes_function");
}

TEST_CASE("the name of a lambda is that of the function around it with <lambda>", "[sched][report]") {
  using namespace report_names;
  CHECK(function_name(in_lambda()) == "report_names::in_lambda()::<lambda>");
  CHECK(function_name(in_lambda_with_parameters()) == "report_names::in_lambda_with_parameters()::<lambda>");
  auto const nested = function_name(in_nested_lambda());
  CHECK(nested.starts_with("report_names::in_nested_lambda()::"));
  CHECK(nested.ends_with("<lambda>"));
}

TEST_CASE("a task knows the name of its coroutine", "[sched][report]") {
  run_virtual([]() -> task<> {
    auto const a = create_task(report_names::coroutine());
    report_names::service const s;
    auto const b = create_task(s.run());
    CHECK(function_name(a.state().coroutine()) == "report_names::coroutine");
    CHECK(function_name(b.state().coroutine()) == "report_names::service::run");
    co_await yield_now();
  });
}

TEST_CASE("a task made of a function and its arguments bears the name of the function", "[sched][report]") {
  run_virtual([]() -> task<> {
    int touched = 0;
    auto const plain = spawn(report_names::coroutine);
    auto const bound = spawn([&touched]() -> task<> {
      ++touched;
      co_return;
    });
    CHECK(function_name(plain.state().coroutine()) == "report_names::coroutine");
    co_await yield_now();
    CHECK(function_name(bound.state().coroutine()).ends_with("<lambda>"));
    CHECK(touched == 1);
  });
}

TEST_CASE("a place is the last part of the file's path and the line", "[sched][report]") {
  auto const here = std::source_location::current();
  CHECK(place(here) == "report_test.cpp:" + std::to_string(here.line()));
  CHECK(name_and_place(report_names::shop::make()).starts_with("report_names::shop::make (report_test.cpp:"));
  CHECK(name_and_place(std::source_location()) == "(unknown)");
}

TEST_CASE("reports go to the sink that was set, and the one before comes back", "[sched][report]") {
  static trace* seen = nullptr;
  trace log;
  seen = &log;
  report_sink const mine = [](std::string_view text) { seen->emplace_back(text); };
  report_sink const before = set_report_sink(mine);
  report("one");
  CHECK(set_report_sink(before) == mine);
  CHECK(log == trace{"one"});
  CHECK(set_report_sink(before) == before);
}

TEST_CASE("a sink that throws does no harm", "[sched][report]") {
  report_sink const before = set_report_sink([](std::string_view) { throw boom(); });
  report("this one is lost, and standard error tells so");
  set_report_sink(before);
  SUCCEED();
}
