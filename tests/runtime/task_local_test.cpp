// SPDX-License-Identifier: MIT
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <csignal>
#include <memory>
#include <string>

#include <unistd.h>

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

TEST_CASE("a generator sees the values of who awaits it, and what it sets is seen there", "[runtime][task_local]") {
  run_virtual([]() -> task<> {
    auto values = []() -> async_generator<std::string> {
      while (true) {
        co_yield user.get();
        user.set(user.get() + "!");
      }
    };
    auto generator = values();
    user.set("a");
    auto const a = co_await generator.next();
    CHECK(*a == "a");
    user.set("b");
    auto const b = co_await generator.next();
    CHECK(*b == "b!");
    CHECK(user.get() == "b!");
  });
}

TEST_CASE("every kind of callback sees the values of the code that registered it, and keeps its own", "[runtime][task_local]") {
  trace log;
  run_real([&]() -> task<> {
    event_loop& loop = get_running_loop();
    auto note = [&](std::string name) {
      return [&log, name] {
        log.push_back(name + " " + user.get());
        user.set("callback");
      };
    };
    future<> f;
    auto t = spawn(nap, 0ms);
    int pipe_ends[2];
    REQUIRE(pipe(pipe_ends) == 0);
    user.set("then");
    loop.call_soon(note("soon"));
    loop.call_later(0ms, note("later"));
    loop.call_at(loop.time(), note("at"));
    loop.call_soon_threadsafe(note("threadsafe"));
    f.add_done_callback(note("future"));
    t.add_done_callback(note("task"));
    loop.add_writer(pipe_ends[1], [&, write = note("writer")] {
      write();
      get_running_loop().remove_writer(pipe_ends[1]);
    });
    loop.add_signal_handler(SIGUSR1, note("signal"));
    user.set("now");
    f.set_result();
    std::raise(SIGUSR1);
    while (log.size() < 8) co_await sleep(1ms);
    loop.remove_signal_handler(SIGUSR1);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    CHECK(user.get() == "now");
  });
  std::ranges::sort(log);
  CHECK(log ==
        trace{"at then", "future then", "later then", "signal then", "soon then", "task then", "threadsafe then", "writer then"});
  CHECK(user.get() == "nobody");
}

TEST_CASE("a call on a thread sees the values of who awaits it, and what it sets never flows back", "[runtime][task_local]") {
  run_real([]() -> task<> {
    user.set("task");
    auto look = [] {
      std::string seen = user.get();
      user.set("thread");
      return seen;
    };
    std::string const in_thread = co_await to_thread(look);
    CHECK(in_thread == "task");
    thread_pool pool({.threads = 1});
    for (int i = 0; i < 2; ++i) {
      std::string const in_pool = co_await pool.submit(look);
      CHECK(in_pool == "task");
    }
    CHECK(user.get() == "task");
  });
}

TEST_CASE("a runner keeps what one run has set for the next", "[runtime][task_local]") {
  user.set("before");
  runner r(std::make_unique<virtual_clock>());
  std::string const first = r.run([]() -> task<std::string> {
    std::string seen = user.get();
    user.set("first");
    co_return seen;
  });
  CHECK(first == "before");
  CHECK_THROWS_AS(r.run([]() -> task<> {
    CHECK(user.get() == "first");
    user.set("failed");
    throw boom();
    co_return;
  }),
                  boom);
  std::string const third = r.run([]() -> task<std::string> { co_return user.get(); });
  CHECK(third == "failed");
  CHECK(user.get() == "before");
  set_current_context({});
}
