// SPDX-License-Identifier: MIT
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <string>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {
task_local<std::string> user("nobody");
}

TEST_CASE("a new task sees the values of its creator, as they were then, and keeps its own to itself", "[runtime][task_local]") {
  trace log;
  run_virtual([&]() -> task<> {
    CHECK(user.get() == "nobody");
    user.set("main");
    auto child = spawn([&]() -> task<> {
      log.push_back(user.get());
      user.set("child");
      co_await yield_now();
      log.push_back(user.get());
    });
    user.set("main, later");
    co_await child;
    log.push_back(user.get());
  });
  CHECK(log == trace{"main", "child", "main, later"});
  CHECK(user.get() == "nobody");
}

TEST_CASE("a coroutine that is awaited shares the values of its task", "[runtime][task_local]") {
  run_virtual([]() -> task<> {
    auto inner = []() -> task<> {
      user.set("inner");
      co_await yield_now();
    };
    co_await inner();
    CHECK(user.get() == "inner");
    auto gathered = []() -> task<> {
      user.set("gathered");
      co_return;
    };
    co_await gather(gathered());  // a task of its own
    CHECK(user.get() == "inner");
  });
}

TEST_CASE("a task keeps its values over its suspensions, whoever runs meanwhile", "[runtime][task_local]") {
  run_virtual([]() -> task<> {
    auto worker = [](std::string name) -> task<> {
      user.set(name);
      for (int i = 0; i < 5; ++i) {
        co_await yield_now();
        CHECK(user.get() == name);
      }
    };
    co_await gather(worker("a"), worker("b"), worker("c"));
  });
}

TEST_CASE("a callback sees the values of the code that registered it", "[runtime][task_local]") {
  trace log;
  run_virtual([&]() -> task<> {
    user.set("registering");
    get_running_loop().call_soon([&] {
      log.push_back(user.get());
      user.set("callback");
    });
    get_running_loop().call_later(1ms, [&] { log.push_back(user.get()); });
    user.set("later");
    co_await sleep(2ms);
    log.push_back(user.get());
  });
  CHECK(log == trace{"registering", "registering", "later"});
}

TEST_CASE("the values of a task are released with it", "[runtime][task_local]") {
  static task_local<std::shared_ptr<int>> pointer;
  std::weak_ptr<int> seen;
  run_virtual([&]() -> task<> {
    auto t = spawn([&]() -> task<> {
      auto p = std::make_shared<int>(1);
      seen = p;
      pointer.set(std::move(p));
      co_await yield_now();
      CHECK(pointer.get().use_count() == 1);
    });
    co_await t;
    t = {};
    co_await settle();
    CHECK(seen.expired());
  });
}
