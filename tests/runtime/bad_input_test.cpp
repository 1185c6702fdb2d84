// SPDX-License-Identifier: MIT
// What a program may do wrong, and what halka says about it.
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>
#include <cmath>
#include <coroutine>
#include <exception>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

task<> note(trace& log, std::string text) {
  log.push_back(std::move(text));
  co_return;
}

task<int> number(int n) { co_return n; }

template <class F>
std::string said_by(F&& fn) {
  try {
    std::forward<F>(fn)();
  } catch (std::logic_error const& e) {
    return e.what();
  }
  return "nothing";
}

/// A coroutine that is none of halka's and starts at once.
struct foreign_coroutine {
  struct promise_type {
    std::exception_ptr* failure;
    promise_type(std::exception_ptr& f) : failure(&f) {}
    foreign_coroutine get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { *failure = std::current_exception(); }
  };
};

foreign_coroutine sleep_outside_of_a_task(std::exception_ptr&) { co_await halka::sleep(1ms); }
foreign_coroutine yield_outside_of_a_task(std::exception_ptr&) { co_await yield_now(); }

}  // namespace

TEST_CASE("run inside a running loop is refused, from a task and from a callback", "[bad-input]") {
  captured_reports const reports;
  trace log;
  run_virtual([&]() -> task<> {
    log.push_back(said_by([&] { halka::run(note(log, "never begun")); }));
    future<> called;
    get_running_loop().call_soon([&] {
      log.push_back(said_by([&] { halka::run(note(log, "never begun")); }));
      called.set_result();
    });
    co_await called;
  });
  std::string const refusal = "halka::run cannot be called from a running event loop: await the coroutine instead";
  CHECK(log == trace{refusal, refusal});
  CHECK(reports.texts().empty());
}

TEST_CASE("a task that was moved from or awaited before cannot be awaited, started or run", "[bad-input]") {
  captured_reports const reports;
  std::string const refusal = "await of an empty task: it was moved from, or awaited before; a task is awaited once";
  trace log;
  run_virtual([&]() -> task<> {
    task<int> once = number(1);
    int const first = co_await std::move(once);
    CHECK(first == 1);
    CHECK_FALSE(once);
    try {
      co_await std::move(once);
    } catch (std::logic_error const& e) {
      log.push_back(e.what());
    }
    log.push_back(said_by([&] { create_task(std::move(once)); }));
    CHECK(all_tasks().size() == 1);
  });
  task<int> moved = number(1);
  task<int> owner = std::move(moved);
  log.push_back(said_by([&] { halka::run(std::move(moved)); }));
  owner.discard();
  CHECK(log == trace{refusal, refusal, refusal});
  CHECK(reports.texts().empty());
}

TEST_CASE("gather with an empty task among the others leaves none of them running", "[bad-input]") {
  trace log;
  run_virtual([&]() -> task<> {
    task<int> empty = number(1);
    co_await std::move(empty);
    auto const sleeper = []() -> task<> { co_await halka::sleep(1h); };
    try {
      co_await gather(sleeper(), std::move(empty), sleeper());
    } catch (std::logic_error const& e) {
      log.push_back("refused");
    }
    CHECK(all_tasks().size() == 1);
  });
  CHECK(log == trace{"refused"});
}

TEST_CASE("a task cannot await itself", "[bad-input]") {
  std::string said;
  run_virtual([&]() -> task<> {
    task_handle<> self;
    self = spawn([&]() -> task<> {
      try {
        co_await self;
      } catch (std::logic_error const& e) {
        said = e.what();
      }
    });
    self.set_name("narcissus");
    co_await self;
  });
  CHECK(said == "task 'narcissus' cannot await itself");
}

TEST_CASE("create_task outside of a loop is refused and destroys the coroutine", "[bad-input]") {
  captured_reports const reports;
  trace log;
  CHECK_THAT(said_by([&] { create_task(note(log, "never begun")); }), StartsWith("no running event loop"));
  CHECK_THAT(said_by([&] { spawn(note, std::ref(log), "never begun"); }), StartsWith("no running event loop"));
  CHECK_THAT(said_by([&] { future<int> f; }), StartsWith("no running event loop"));
  CHECK_THAT(said_by([&] { all_tasks(); }), StartsWith("no running event loop"));
  CHECK_FALSE(current_task());
  CHECK(log.empty());
  CHECK(reports.texts().empty());
}

TEST_CASE("an operation that is awaited outside of a task fails in the coroutine that awaits it", "[bad-input]") {
  std::exception_ptr outside;
  sleep_outside_of_a_task(outside);
  CHECK_THAT(describe(outside), ContainsSubstring("co_await outside of a task"));
  std::exception_ptr yielding;
  yield_outside_of_a_task(yielding);
  CHECK_THAT(describe(yielding), ContainsSubstring("co_await outside of a task"));

  std::exception_ptr in_callback;
  run_virtual([&]() -> task<> {
    future<> called;
    get_running_loop().call_soon([&] {
      sleep_outside_of_a_task(in_callback);
      called.set_result();
    });
    co_await called;
  });
  CHECK_THAT(describe(in_callback), ContainsSubstring("co_await outside of a task"));
}

TEST_CASE("negative durations take one pass, endless ones can be cancelled, and no number is refused", "[bad-input][sleep]") {
  run_virtual([]() -> task<> {
    auto const begin = clock::now();
    co_await halka::sleep(-1s);
    co_await halka::sleep(std::chrono::hours::min());
    co_await halka::sleep_until(clock::time_point::min());
    CHECK(clock::now() == begin);

    auto sleeper = spawn([]() -> task<> { co_await halka::sleep(std::chrono::hours::max()); });
    auto doubles = spawn([]() -> task<> { co_await halka::sleep(std::chrono::duration<double>(1e300)); });
    co_await halka::sleep(24h * 365 * 100);
    CHECK_FALSE(sleeper.done());
    CHECK_FALSE(doubles.done());
    sleeper.cancel();
    doubles.cancel();
    auto const outcomes = co_await gather(return_exceptions, sleeper, doubles);
    CHECK(is_cancelled_error(std::get<0>(outcomes).exception()));
    CHECK(is_cancelled_error(std::get<1>(outcomes).exception()));
  });
  CHECK(kind_thrown([] { run_virtual([]() -> task<> { co_await halka::sleep(std::chrono::duration<double>(std::nan(""))); }); }) ==
        "invalid_argument");
}

TEST_CASE("wait_for takes a huge timeout as none, and with a negative one does not begin", "[bad-input][timeout]") {
  trace log;
  run_virtual([&]() -> task<> {
    int const value = co_await wait_for(number(7), std::chrono::hours::max());
    CHECK(value == 7);
    co_await timeout(std::chrono::hours::max(), [](timeout_scope& scope) { CHECK(scope.when() == never); });
    try {
      co_await wait_for(note(log, "begun"), -1s);
    } catch (timeout_error const&) {
      log.push_back("timeout");
    }
    try {
      co_await wait_for(note(log, "begun"), std::chrono::hours::min());
    } catch (timeout_error const&) {
      log.push_back("timeout");
    }
    auto const far = get_running_loop().call_later(std::chrono::hours::max(), [] {});
    CHECK(far.when() == never);
  });
  CHECK(log == trace{"timeout", "timeout"});
}

TEST_CASE("what a done callback throws goes to the exception handler, and the others are called", "[bad-input]") {
  trace log;
  run_virtual([&]() -> task<> {
    get_running_loop().set_exception_handler(
        [&](exception_context const& c) { log.push_back(c.message + ": " + kind(c.exception)); });
    auto const t = create_task(number(1));
    t.add_done_callback([] { throw boom(); });
    t.add_done_callback([&] { log.push_back("second"); });
    co_await t;
    co_await settle();
  });
  CHECK(log == trace{"exception in callback: boom", "second"});
}

TEST_CASE("an exception handler that throws is itself reported, together with what it was told", "[bad-input]") {
  captured_reports const reports;
  run_virtual([&]() -> task<> {
    event_loop& loop = get_running_loop();
    loop.set_exception_handler([](exception_context const&) { throw boom2("broken handler"); });
    loop.call_soon([] { throw boom("original"); });
    co_await settle();
    loop.set_exception_handler({});
    loop.call_soon([] { throw boom("by default"); });
    co_await settle();
  });
  REQUIRE(reports.texts().size() == 3);
  CHECK_THAT(reports.texts()[0], StartsWith("unhandled error in exception handler: ") && ContainsSubstring("broken handler"));
  CHECK_THAT(reports.texts()[1], StartsWith("exception in callback: ") && ContainsSubstring("original"));
  CHECK_THAT(reports.texts()[2], StartsWith("exception in callback: ") && ContainsSubstring("by default"));
}
