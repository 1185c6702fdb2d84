// SPDX-License-Identifier: MIT
#include "../support/environment.hpp"
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

task<> pass() { co_await yield_now(); }

task<> fail() {
  co_await yield_now();
  throw boom();
}

template <class F>
std::string said_by(F&& fn) {
  try {
    std::forward<F>(fn)();
  } catch (std::logic_error const& e) {
    return e.what();
  }
  return "nothing";
}

}  // namespace

TEST_CASE("run returns any type of value", "[run]") {
  static int global = 5;
  CHECK(run_real([]() -> task<int> { co_return 42; }) == 42);
  CHECK(run_real([]() -> task<std::string> { co_return std::string(100, 'x'); }) == std::string(100, 'x'));
  CHECK(*run_real([]() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); }) == 7);
  CHECK(&halka::run([]() -> task<int&> { co_return global; }) == &global);
  CHECK(run_real([](std::unique_ptr<int> p, int n) -> task<int> { co_return *p + n; }, std::make_unique<int>(1), 2) == 3);
}

TEST_CASE("run keeps a callable with captures alive until its coroutine has ended", "[run]") {
  auto const owned = std::make_shared<int>(3);
  std::weak_ptr<int> const seen = owned;
  int const value = halka::run([copy = owned]() -> task<int> {
    co_await yield_now();
    co_return *copy;
  });
  CHECK(value == 3);
  CHECK(owned.use_count() == 1);
}

TEST_CASE("a runner runs several times on one loop, with its background tasks, clock and variables", "[run][runner]") {
  static task_local<int> variable(0);
  runner r(std::make_unique<virtual_clock>());
  event_loop* const loop = &r.get_loop();
  trace log;
  auto const background = [](trace& lines) -> task<> {
    for (int i = 0; i < 3; ++i) {
      co_await halka::sleep(1s);
      lines.push_back("tick");
    }
  };
  clock::time_point begin;
  r.run([&]() -> task<> {
    CHECK(&get_running_loop() == loop);
    begin = clock::now();
    spawn(background, std::ref(log));
    co_await halka::sleep(1500ms);
  });
  CHECK(log == trace{"tick"});
  r.run([&]() -> task<> {
    CHECK(&get_running_loop() == loop);
    CHECK(clock::now() - begin == 1500ms);
    co_await halka::sleep(10s);
  });
  CHECK(log == trace{"tick", "tick", "tick"});
}

TEST_CASE("a runner that main threw in can run again", "[run][runner]") {
  runner r;
  CHECK(kind_thrown([&] { r.run(fail()); }) == "boom");
  CHECK(r.run([]() -> task<int> { co_return 1; }) == 1);
}

TEST_CASE("a closed runner refuses everything, and closing it again is harmless", "[run][runner]") {
  captured_reports const reports;
  runner r;
  r.run(pass());
  r.close();
  r.close();
  CHECK(said_by([&] { r.run(pass()); }) == "runner is closed");
  CHECK(said_by([&] { r.get_loop(); }) == "runner is closed");
  CHECK(reports.texts().empty());  // the refused coroutine too
}

TEST_CASE("a runner that never ran is closed without a loop", "[run][runner]") {
  runner r;
  r.close();
  CHECK(said_by([&] { r.get_loop(); }) == "runner is closed");
}

TEST_CASE("a runner cannot be closed while it runs", "[run][runner]") {
  runner r;
  std::string said;
  r.run([&]() -> task<> {
    said = said_by([&] { r.close(); });
    co_return;
  });
  CHECK(said == "cannot close a runner while it runs");
  r.run(pass());
}

TEST_CASE("stop ends a run before main, which goes on in the next one", "[run][runner]") {
  runner r(std::make_unique<virtual_clock>());
  trace log;
  auto const main = [](trace& lines) -> task<> {
    get_running_loop().call_soon([] { get_running_loop().stop(); });
    co_await halka::sleep(1s);
    lines.push_back("main ended");
  };
  CHECK(said_by([&] { r.run(main, std::ref(log)); }) == "event loop was stopped before the main task ended");
  r.run([]() -> task<> { co_await halka::sleep(2s); });
  CHECK(log == trace{"main ended"});
}

TEST_CASE("HALKA_DEBUG switches debug mode on, unless it is empty or 0", "[run][debug]") {
  auto const debug = [] {
    runner r;
    return r.get_loop().debug();
  };
  CHECK_FALSE(debug());
  {
    environment const on("HALKA_DEBUG", "1");
    CHECK(debug());
  }
  {
    environment const off("HALKA_DEBUG", "0");
    CHECK_FALSE(debug());
  }
  {
    environment const empty("HALKA_DEBUG", "");
    CHECK_FALSE(debug());
  }
}

TEST_CASE("in debug mode a loop refuses calls from other threads", "[run][debug][thread]") {
  auto const main = []() -> task<std::string> {
    event_loop& loop = get_running_loop();
    std::string said;
    std::jthread([&] { said = said_by([&] { loop.call_soon([] {}); }); }).join();
    co_return said;
  };
  CHECK(halka::run(main(), {.debug = true}) ==
        "a loop was used from another thread: use call_soon_threadsafe or run_coroutine_threadsafe");
}

TEST_CASE("ten loops run in ten threads, each with its own tasks", "[run][thread]") {
  std::vector<std::size_t> tasks(10);
  std::vector<std::jthread> threads;
  for (std::size_t t = 0; t < 10; ++t) {
    threads.emplace_back([&tasks, t] {
      run_real([&]() -> task<> {
        std::vector<task_handle<>> children;
        for (int i = 0; i < 100; ++i) children.push_back(spawn(settle));
        tasks[t] = all_tasks().size();
        co_await gather(std::move(children));
      });
    });
  }
  threads.clear();
  CHECK(tasks == std::vector<std::size_t>(10, 101));
}

TEST_CASE("a loop can be run inside a thread of another one", "[run][thread]") {
  int const inner =
      run_real([]() -> task<int> { co_return co_await to_thread([] { return halka::run([]() -> task<int> { co_return 5; }); }); });
  CHECK(inner == 5);
}

TEST_CASE("run waits for calls of to_thread that were abandoned", "[run][thread]") {
  std::atomic<bool> begun = false;
  std::atomic<bool> may_end = false;
  std::atomic<bool> ended = false;
  run_real([&]() -> task<> {
    auto call = spawn([&]() -> task<> {
      auto const job = [&] {
        begun = true;
        while (!may_end) std::this_thread::yield();
        ended = true;
      };
      co_await to_thread(job);
    });
    while (!begun) co_await yield_now();
    call.cancel();
    co_await wait(std::vector<task_handle<>>(1, call));
    CHECK_FALSE(ended);
    may_end = true;
  });
  CHECK(ended);
}
