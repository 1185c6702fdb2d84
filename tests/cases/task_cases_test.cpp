// SPDX-License-Identifier: MIT
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

task<> long_sleep() { co_await sleep(10s); }

template <class H>
concept takes_result = requires(H h) {
  h.set_result(1);
};
template <class H>
concept takes_exception = requires(H h, std::exception_ptr e) {
  h.set_exception(e);
};

}  // namespace

TEST_CASE("tasks begin in the order of their creation and never inside the creating one", "[case][TASK-01]") {
  trace log;
  run_virtual([&]() -> task<> {
    for (int i = 1; i <= 3; ++i) {
      auto body = [&log, i]() -> task<> {
        log.push_back("s" + std::to_string(i));
        co_await yield_now();
        log.push_back("e" + std::to_string(i));
      };
      spawn(body);
    }
    log.push_back("main");
    co_await yield_now();
    log.push_back("main2");
    co_await yield_now();
  });
  CHECK(log == trace{"main", "s1", "s2", "s3", "main2", "e1", "e2", "e3"});
}

TEST_CASE("a task cannot await itself", "[case][TASK-15]") {
  run_virtual([]() -> task<> {
    task_handle<> t;
    std::string text;
    auto body = [&]() -> task<> {
      try {
        co_await t;
      } catch (std::logic_error const& e) {
        text = e.what();
        throw;
      }
    };
    t = spawn(body);
    std::string ending = "none";
    try {
      co_await t;
    } catch (...) {
      ending = kind(std::current_exception());
    }
    CHECK(ending == "logic_error");
    CHECK(text.find("cannot await itself") != std::string::npos);
  });
}

TEST_CASE("result and exception of a task answer in every state", "[case][TASK-17]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto p = create_task(long_sleep());
    auto ok = spawn([]() -> task<int> { co_return 1; });
    auto bad = spawn([]() -> task<int> {
      if (current_task()) throw boom();
      co_return 0;
    });
    auto c = create_task(long_sleep());
    co_await yield_now();
    c.cancel();
    co_await yield_now();
    co_await yield_now();
    log.push_back(kind_thrown([&] { p.result(); }));
    log.push_back(kind_thrown([&] { static_cast<void>(p.exception()); }));
    log.push_back(std::to_string(ok.result()));
    log.push_back(kind(ok.exception()));
    log.push_back(kind_thrown([&] { bad.result(); }));
    log.push_back("returned " + kind(bad.exception()));
    log.push_back(kind_thrown([&] { c.result(); }));
    log.push_back(kind_thrown([&] { static_cast<void>(c.exception()); }));
    p.cancel();
  });
  CHECK(log == trace{"invalid_state_error", "invalid_state_error", "1", "none", "boom", "returned boom", "cancelled_error",
                     "cancelled_error"});
  // A task sets its own result: the interface offers nothing else.
  STATIC_REQUIRE_FALSE(takes_result<task_handle<int>>);
  STATIC_REQUIRE_FALSE(takes_exception<task_handle<int>>);
  STATIC_REQUIRE(takes_result<future<int>>);
  STATIC_REQUIRE(takes_exception<future<int>>);
}

TEST_CASE("tasks have names, know themselves, and are listed while they are pending", "[case][TASK-19]") {
  CHECK_FALSE(current_task());
  trace log;
  run_virtual([&]() -> task<> {
    task_handle<> t;
    auto f = [&]() -> task<> {
      log.push_back(current_task() == t ? "is t" : "is another");
      co_await yield_now();
      log.push_back(current_task() == t ? "is t" : "is another");
    };
    auto g = []() -> task<> { co_await yield_now(); };
    t = create_task(f(), {.name = "yolo"});
    auto u = spawn(g);
    auto v = spawn(g);
    log.push_back(t.name());
    CHECK(u.name() == "Task-" + std::to_string(u.id()));
    CHECK(u.id() < v.id());

    CHECK(all_tasks() == std::vector<any_task>{current_task(), t, u, v});
    co_await t;
    co_await u;
    co_await v;
    CHECK(all_tasks() == std::vector<any_task>{current_task()});

    bool none_in_callback = false;
    get_running_loop().call_soon([&] { none_in_callback = !current_task(); });
    co_await yield_now();
    CHECK(none_in_callback);
  });
  CHECK(log == trace{"yolo", "is t", "is t"});
}

TEST_CASE("an eager task runs inside its creator up to the first suspension", "[case][TASK-20]") {
  trace log;
  run_virtual([&]() -> task<> {
    any_task const creator = current_task();
    any_task inside;
    bool listed = false;
    auto brief = [&]() -> task<int> {
      log.push_back("a");
      inside = current_task();
      listed = std::ranges::count(all_tasks(), inside) == 1;
      co_return 1;
    };
    auto t = create_task(brief(), {.eager_start = true});
    log.push_back(t.done() ? "done" : "pending");
    CHECK(inside == t);
    CHECK(listed);
    CHECK(current_task() == creator);
    CHECK_FALSE(t.cancel());
    CHECK(t.result() == 1);

    auto longer = [&]() -> task<> {
      log.push_back("b");
      co_await yield_now();
      log.push_back("c");
    };
    auto u = create_task(longer(), {.eager_start = true});
    log.push_back(u.done() ? "done" : "pending");
    CHECK(current_task() == creator);
    u.cancel("m");
    try {
      co_await u;
    } catch (cancelled_error const& e) {
      log.emplace_back(e.reason());
    }
  });
  CHECK(log == trace{"a", "done", "b", "pending", "m"});
}
