// SPDX-License-Identifier: MIT
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {
task_local<std::string> user("nobody");
}

TEST_CASE("reset restores the value of before the set, also that there was none", "[runtime][task_local]") {
  run_virtual([]() -> task<> {
    auto first = user.set("first");
    auto second = user.set("second");
    user.reset(second);
    CHECK(user.get() == "first");
    co_await yield_now();
    user.reset(first);
    CHECK(user.get() == "nobody");
    CHECK(current_context().find(&user) == nullptr);
    user.reset(user.set("at once"));
    CHECK(user.get() == "nobody");
  });
}

TEST_CASE("a token is good for one reset, of its variable, in its context", "[runtime][task_local]") {
  trace log;
  static task_local<std::string> other("other");
  auto refused = [&](task_local<std::string>& v, task_local<std::string>::token& t) {
    try {
      v.reset(t);
      log.push_back("done");
    } catch (std::exception const& e) {
      log.push_back(e.what());
    }
  };
  run_virtual([&]() -> task<> {
    auto token = user.set("main");
    refused(other, token);
    auto child = spawn([&]() -> task<> {
      refused(user, token);
      co_return;
    });
    co_await child;
    get_running_loop().call_soon([&] { refused(user, token); });
    co_await settle();
    refused(user, token);
    refused(user, token);
    auto moved = std::move(token);
    refused(user, token);
  });
  CHECK(log == trace{"task_local::reset: the token is of another variable", "task_local::reset: the token is of another context",
                     "task_local::reset: the token is of another context", "done", "task_local::reset: the token was used already",
                     "task_local::reset: the token was used already"});
}

TEST_CASE("two calls of callbacks are two contexts, and so are the jobs of a thread", "[runtime][task_local]") {
  std::optional<task_local<std::string>::token> kept;
  int refused = 0;
  auto reset = [&] {
    try {
      user.reset(*kept);
    } catch (std::logic_error const&) {
      ++refused;
    }
  };
  run_real([&]() -> task<> {
    get_running_loop().call_soon([&] { kept.emplace(user.set("callback")); });
    get_running_loop().call_soon(reset);
    co_await settle();
    CHECK(refused == 1);
    thread_pool pool({.threads = 1});
    co_await pool.submit([&] { kept.emplace(user.set("job")); });
    co_await pool.submit(reset);
    CHECK(refused == 2);
    CHECK(user.get() == "nobody");
  });
}

TEST_CASE("a scoped value lasts as long as its scope, over suspensions and on every way out", "[runtime][task_local]") {
  trace log;
  run_virtual([&]() -> task<> {
    user.set("outer");
    auto inner = [&]() -> task<> {
      auto const bound = user.scoped("inner");
      {
        auto const again = user.scoped("innermost");
        co_await yield_now();
        log.push_back(user.get());
      }
      log.push_back(user.get());
      co_await sleep(1ms);
      throw boom();
    };
    try {
      co_await inner();
    } catch (boom const&) {
      log.push_back(user.get());
    }
    auto t = spawn([&]() -> task<> {
      auto const bound = user.scoped("cancelled");
      co_await sleep(1s);
    });
    co_await yield_now();
    t.cancel();
    co_await settle();
    log.push_back(user.get());
  });
  CHECK(log == trace{"innermost", "inner", "outer", "outer"});
}

TEST_CASE("a scoped value that is destroyed elsewhere restores nothing there", "[runtime][task_local]") {
  run_virtual([]() -> task<> {
    auto values = []() -> async_generator<int> {
      auto const bound = user.scoped("generator");
      co_yield 1;
    };
    user.set("main");
    auto t = spawn([&]() -> task<> {
      user.set("child");
      {
        auto generator = values();
        auto const first = co_await generator.next();
        CHECK(*first == 1);
        CHECK(user.get() == "generator");
      }
      CHECK(user.get() == "child");  // destroyed here: restored
    });
    co_await t;
    std::optional<async_generator<int>> kept;
    auto u = spawn([&]() -> task<> {
      kept.emplace(values());
      auto const first = co_await kept->next();
      CHECK(*first == 1);
    });
    co_await u;
    kept.reset();
    CHECK(user.get() == "main");
  });
}
