// SPDX-License-Identifier: MIT
#include "../support/fixture.hpp"

#include <halka/sched/context.hpp>

#include <catch2/catch_test_macros.hpp>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

// The addresses of these name variables.
int const variable_a = 0;
int const variable_b = 0;

int value_of(context_ref const& context, int const& variable) {
  void const* const value = context.find(&variable);
  return value ? *static_cast<int const*>(value) : -1;
}

void set_here(int const& variable, int value) {
  set_current_context(current_context().with(&variable, std::make_shared<int>(value)));
}

int get_here(int const& variable) { return value_of(current_context(), variable); }

}  // namespace

TEST_CASE("a context binds variables to values and is not changed by a new binding", "[sched][context]") {
  context_ref const empty;
  context_ref const one = empty.with(&variable_a, std::make_shared<int>(1));
  context_ref const two = one.with(&variable_b, std::make_shared<int>(2));
  context_ref const again = two.with(&variable_a, std::make_shared<int>(3));
  CHECK(value_of(empty, variable_a) == -1);
  CHECK(value_of(one, variable_a) == 1);
  CHECK(value_of(one, variable_b) == -1);
  CHECK(value_of(two, variable_a) == 1);
  CHECK(value_of(two, variable_b) == 2);
  CHECK(value_of(again, variable_a) == 3);
  CHECK(value_of(again, variable_b) == 2);
}

TEST_CASE("a value lives as long as a context that has it", "[sched][context]") {
  counted::alive = 0;
  {
    context_ref a;
    for (int i = 0; i < 100; ++i) a = a.with(&variable_a, std::make_shared<counted>(i));
    CHECK(counted::alive == 1);
    context_ref const b = a.with(&variable_b, std::make_shared<counted>(0));
    a = {};
    CHECK(counted::alive == 2);
  }
  CHECK(counted::alive == 0);
}

TEST_CASE("a task starts with the context of who created it and keeps its own changes", "[sched][context]") {
  trace log;
  run_virtual([&]() -> task<> {
    set_here(variable_a, 1);
    auto child = [&]() -> task<> {
      log.push_back("child sees " + std::to_string(get_here(variable_a)));
      set_here(variable_a, 2);
      co_await yield_now();
      log.push_back("child sees " + std::to_string(get_here(variable_a)));
    };
    auto t = spawn(child);
    set_here(variable_a, 3);  // after the creation: not seen by the child
    co_await t;
    log.push_back("creator sees " + std::to_string(get_here(variable_a)));
  });
  log.push_back("outside sees " + std::to_string(get_here(variable_a)));
  CHECK(log == trace{"child sees 1", "child sees 2", "creator sees 3", "outside sees -1"});
}

TEST_CASE("an awaited coroutine shares the context of its task", "[sched][context]") {
  run_virtual([]() -> task<> {
    auto set = []() -> task<> {
      set_here(variable_a, 7);
      co_return;
    };
    co_await set();
    CHECK(get_here(variable_a) == 7);
  });
}

TEST_CASE("an eager task has a copy of the context too", "[sched][context]") {
  run_virtual([]() -> task<> {
    set_here(variable_a, 1);
    auto child = []() -> task<int> {
      int const seen = get_here(variable_a);
      set_here(variable_a, 2);
      co_return seen;
    };
    auto t = create_task(child(), {.eager_start = true});
    CHECK(t.result() == 1);
    CHECK(get_here(variable_a) == 1);
    co_return;
  });
}

TEST_CASE("a callback runs in the context of its registration", "[sched][context]") {
  trace log;
  run_virtual([&]() -> task<> {
    event_loop& loop = get_running_loop();
    auto note = [&] { log.push_back(std::to_string(get_here(variable_a))); };
    set_here(variable_a, 1);
    loop.call_soon([&] {
      note();
      set_here(variable_a, 10);  // seen by nobody else
    });
    loop.call_later(1s, note);
    future<> f;
    f.add_done_callback(note);
    set_here(variable_a, 2);
    loop.call_soon(note);
    f.set_result();
    co_await sleep(2s);
    note();
  });
  CHECK(log == trace{"1", "2", "1", "1", "2"});
}

TEST_CASE("a context scope lends a context to code that is not a task", "[sched][context]") {
  context_ref const lent = context_ref().with(&variable_a, std::make_shared<int>(5));
  CHECK(get_here(variable_a) == -1);
  {
    context_scope const scope(lent);
    CHECK(get_here(variable_a) == 5);
    set_here(variable_a, 6);
    CHECK(get_here(variable_a) == 6);
  }
  CHECK(get_here(variable_a) == -1);
  CHECK(value_of(lent, variable_a) == 5);
}
