// SPDX-License-Identifier: MIT
// Real threads; no test sleeps on the real clock.
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

task<std::unique_ptr<int>> doubled(std::unique_ptr<int> n) {
  co_await yield_now();
  *n *= 2;
  co_return n;
}

task<> fail() {
  co_await yield_now();
  throw boom("from the loop");
}

task<> wait_on(event& e) { co_await e.wait(); }

}  // namespace

TEST_CASE("a call on a worker thread calls functions and coroutines in its loop", "[thread][call_in_loop]") {
  run_real([]() -> task<> {
    std::thread::id const loop_thread = std::this_thread::get_id();
    event_loop* const loop = &get_running_loop();
    auto const work = [&] {
      CHECK(std::this_thread::get_id() != loop_thread);
      CHECK(call_in_loop([] { return &get_running_loop(); }) == loop);
      CHECK(call_in_loop([](int a, int b) { return a + b; }, 1, 2) == 3);
      CHECK(*call_in_loop(doubled, std::make_unique<int>(21)) == 42);
      std::thread::id seen;
      call_in_loop([&seen] { seen = std::this_thread::get_id(); });
      CHECK(seen == loop_thread);
      int variable = 0;
      int& reference = call_in_loop([&variable]() -> int& { return variable; });
      CHECK(&reference == &variable);
      return 1;
    };
    int const in_default = co_await to_thread(work);
    CHECK(in_default == 1);
    thread_pool pool({.threads = 1});
    int const in_pool = co_await pool.submit(work);
    CHECK(in_pool == 1);
    co_await pool.shutdown();
  });
}

TEST_CASE("what a function throws in the loop is thrown on the worker thread", "[thread][call_in_loop]") {
  run_real([]() -> task<> {
    auto const work = [] {
      trace log;
      log.push_back(kind_thrown([] { call_in_loop(fail); }));
      log.push_back(kind_thrown([] { call_in_loop([] { throw boom2(); }); }));
      return log;
    };
    trace const log = co_await to_thread(work);
    CHECK(log == trace{"boom", "boom2"});
  });
}

TEST_CASE("a function that is called in the loop sees the task-local values of the call, and keeps its own",
          "[thread][call_in_loop]") {
  static task_local<std::string> v("unset");
  run_real([]() -> task<> {
    v.set("task");
    auto const work = [] {
      trace log;
      log.push_back(call_in_loop([] { return v.get(); }));
      v.set("thread");
      log.push_back(call_in_loop([] {
        std::string const seen = v.get();
        v.set("loop");
        return seen;
      }));
      log.push_back(v.get());
      return log;
    };
    trace const log = co_await to_thread(work);
    CHECK(log == trace{"task", "thread", "thread"});
    CHECK(v.get() == "task");
  });
}

TEST_CASE("cancelling the task that awaits a call cancels what the call waits for in the loop", "[thread][call_in_loop][cancel]") {
  run_real([]() -> task<> {
    event never_set;
    std::string first;
    std::string second;
    std::binary_semaphore ended(0);
    auto const work = [&] {
      first = kind_thrown([&] { call_in_loop(wait_on, std::ref(never_set)); });
      second = kind_thrown([&] { call_in_loop([] {}); });
      ended.release();
    };
    auto const call = spawn([&]() -> task<> { co_await to_thread(work); });
    while (never_set.statistics().waiting == 0) co_await yield_now();
    call.cancel();
    co_await wait(std::vector<task_handle<>>(1, call));
    CHECK(call.cancelled());
    while (!ended.try_acquire()) co_await yield_now();
    CHECK(first == "cancelled_error");
    CHECK(second == "cancelled_error");
    CHECK(never_set.statistics().waiting == 0);
  });
}

TEST_CASE("the end of run cancels what calls wait for in the loop, and then waits for the calls",
          "[thread][call_in_loop][cancel]") {
  captured_reports const reports;
  std::string thrown;
  run_real([&]() -> task<> {
    static event never_set;
    spawn([&]() -> task<> {
      auto const work = [&] { thrown = kind_thrown([&] { call_in_loop(wait_on, std::ref(never_set)); }); };
      co_await to_thread(work);
    });
    while (never_set.statistics().waiting == 0) co_await yield_now();
  });
  CHECK(thrown == "cancelled_error");
}

TEST_CASE("call_in_loop is refused on threads that run no call, and when the loop has ended", "[thread][call_in_loop]") {
  CHECK(kind_thrown([] { call_in_loop([] {}); }) == "logic_error");
  run_real([]() -> task<> {
    std::string const in_the_loop = kind_thrown([] { call_in_loop([] {}); });
    CHECK(in_the_loop == "logic_error");
    co_return;
  });

  captured_reports const reports;
  std::atomic<bool> begun = false;
  std::atomic<bool> may_call = false;
  std::string thrown;
  {
    thread_pool pool({.threads = 1});
    run_real([&]() -> task<> {
      spawn([&]() -> task<> {
        co_await pool.submit([&] {
          begun = true;
          while (!may_call) std::this_thread::yield();
          thrown = kind_thrown([] { call_in_loop([] {}); });
        });
      });
      while (!begun) co_await yield_now();
    });
    may_call = true;
  }
  CHECK(thrown == "logic_error");
}

TEST_CASE("time goes on for what a call waits for in the loop on a virtual clock", "[thread][call_in_loop]") {
  run_virtual([]() -> task<> {
    auto const begin = clock::now();
    auto const sleep_an_hour = [] { call_in_loop([]() -> task<> { co_await sleep(1h); }); };
    co_await to_thread(sleep_an_hour);
    CHECK(clock::now() - begin == 1h);
  });
}

TEST_CASE("many calls ask the loop at the same time", "[thread][call_in_loop]") {
  run_real([]() -> task<> {
    thread_pool pool({.threads = 4});
    int counter = 0;
    auto const count = [&](int n) {
      for (int i = 0; i < 50; ++i) call_in_loop([&counter] { ++counter; });
      return n;
    };
    std::vector<int> numbers(20, 1);
    co_await pool.map(count, numbers);
    CHECK(counter == 1000);
    co_await pool.shutdown();
  });
}
