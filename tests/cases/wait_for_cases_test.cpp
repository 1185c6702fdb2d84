// SPDX-License-Identifier: MIT
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

/// The kind of what a block throws.
task<std::string> kind_of(task<> block) {
  try {
    co_await std::move(block);
  } catch (...) {
    co_return kind(std::current_exception());
  }
  co_return "none";
}

char const* text(bool b) { return b ? "true" : "false"; }

}  // namespace

TEST_CASE("wait_for yields the value in time, else it cancels the task and waits for its clean-up", "[case][TMO-14]") {
  trace log;
  run_virtual([&]() -> task<> {
    std::string v = co_await wait_for(value_after<std::string>(5ms, "v"), 1s);
    log.push_back(v);
    auto t = spawn([&]() -> task<> {
      bool cancelled = false;
      try {
        co_await sleep(10s);
      } catch (cancelled_error const&) {
        cancelled = true;
      }
      co_await sleep(30ms);
      log.push_back("clean");
      if (cancelled) throw cancelled_error();
    });
    co_await yield_now();
    auto const begin = clock::now();
    try {
      co_await wait_for(t, 10ms);
    } catch (timeout_error const&) {
      log.push_back("T");
      log.push_back(text(t.cancelled()));
    }
    CHECK(clock::now() - begin == 40ms);
  });
  CHECK(log == trace{"v", "clean", "T", "true"});
}

TEST_CASE("wait_for yields what the awaited makes of its cancellation: a value, or another error", "[case][TMO-17]") {
  run_virtual([]() -> task<> {
    auto suppresses = []() -> task<int> {
      try {
        co_await sleep(10s);
      } catch (cancelled_error const&) {
      }
      co_return 42;
    };
    int const a = co_await wait_for(suppresses(), 10ms);
    CHECK(a == 42);
    auto fails = []() -> task<> {
      try {
        co_await sleep(10s);
      } catch (cancelled_error const&) {
      }
      throw boom();
    };
    std::string const b = co_await kind_of(wait_for(fails(), 10ms));
    CHECK(b == "boom");
    CHECK(current_task().cancelling() == 0);
    co_await yield_now();
  });
}

TEST_CASE("cancelling who waits in wait_for cancels what is awaited, with and without a deadline", "[case][TMO-18]") {
  run_virtual([]() -> task<> {
    clock::duration const deadlines[] = {clock::duration::max(), 60s};
    for (clock::duration const d : deadlines) {
      auto t = spawn(wait_for_ever);
      auto w = create_task(wait_for(t, d));
      co_await yield_now();
      co_await yield_now();
      w.cancel();
      co_await settle();
      CHECK(w.cancelled());
      CHECK(t.cancelled());
      CHECK(get_running_loop().statistics().timers == 0);
    }
  });
}
