// SPDX-License-Identifier: MIT
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <tuple>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

TEST_CASE("gather gives results in the order of its arguments", "[case][GATHER-01]") {
  using text = std::string;
  run_virtual([]() -> task<> {
    auto r = co_await gather(value_after<text>(30ms, "a"), value_after<text>(10ms, "b"), value_after<text>(20ms, "c"));
    CHECK(r == std::tuple<text, text, text>("a", "b", "c"));

    std::vector<task<text>> range;
    range.push_back(value_after<text>(30ms, "a"));
    range.push_back(value_after<text>(10ms, "b"));
    range.push_back(value_after<text>(20ms, "c"));
    auto list = co_await gather(std::move(range));
    CHECK(list == std::vector<text>{"a", "b", "c"});
  });
}

TEST_CASE("the first failure in a gather cancels the others, awaits them, and is rethrown", "[case][GATHER-02]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto const begin = clock::now();
    auto b = [&]() -> task<int> {
      try {
        co_await sleep(30ms);
        log.push_back("b finished");
      } catch (cancelled_error const&) {
        log.push_back("b cancelled");
        throw;
      }
      co_return 2;
    };
    try {
      co_await gather(fail_after<boom>(10ms), b());
    } catch (boom const&) {
      log.push_back("caught");
    }
    CHECK(clock::now() - begin == 10ms);
    co_await sleep(50ms);
  });
  CHECK(log == trace{"b cancelled", "caught"});
}

TEST_CASE("gather with return_exceptions collects every outcome, a child's cancellation too", "[case][GATHER-03]") {
  run_virtual([]() -> task<> {
    auto one = spawn(value_after<int>, 0ms, 1);
    auto fails = spawn(fail_after<boom>, 0ms);
    auto child = spawn(wait_for_ever);
    auto fails_too = spawn(fail_after<boom2>, 0ms);
    co_await yield_now();
    child.cancel("m");
    auto r = co_await gather(return_exceptions, one, fails, child, fails_too);
    CHECK(std::get<0>(r).value() == 1);
    CHECK(kind(std::get<1>(r).exception()) == "boom");
    CHECK(kind(std::get<2>(r).exception()) == "cancelled_error");
    CHECK(kind(std::get<3>(r).exception()) == "boom2");
    CHECK(describe(std::get<2>(r).exception()) == "halka::cancelled_error: m");
  });
}

TEST_CASE("a child that somebody else cancels ends its gather with cancelled_error, and the awaiting task is not cancelled",
          "[case][GATHER-04]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto a = spawn(value_after<int>, 20ms, 1);
    auto b = spawn(wait_for_ever);
    auto g = spawn([&]() -> task<> {
      try {
        co_await gather(a, b);
      } catch (cancelled_error const&) {
        log.push_back("cancelled_error");
      }
      log.push_back(std::to_string(current_task().cancelling()));
      co_await yield_now();
    });
    co_await yield_now();
    co_await yield_now();
    b.cancel();
    co_await g;
    log.push_back(g.cancelled() ? "cancelled" : "not cancelled");
    CHECK(a.cancelled());  // gather is structured: the sibling does not outlive it
  });
  CHECK(log == trace{"cancelled_error", "0", "not cancelled"});
}

TEST_CASE("a task that is gathered several times runs once and fills every slot", "[case][GATHER-08]") {
  using text = std::string;
  int runs = 0;
  run_virtual([&]() -> task<> {
    auto t = spawn([&]() -> task<text> {
      ++runs;
      co_await yield_now();
      co_return "abc";
    });
    auto r = co_await gather(t, t, value_after<text>(0ms, "def"), t);
    CHECK(r == std::tuple<text, text, text, text>("abc", "abc", "def", "abc"));
  });
  CHECK(runs == 1);
}

TEST_CASE("an empty gather has an empty result and does not suspend", "[case][GATHER-08]") {
  run_virtual([]() -> task<> {
    auto const before = get_running_loop().statistics().passes;
    auto nothing = co_await gather();
    CHECK(nothing == std::tuple<>());
    std::vector<task<int>> none;
    auto list = co_await gather(std::move(none));
    CHECK(list.empty());
    CHECK(get_running_loop().statistics().passes == before);
  });
}

TEST_CASE("a second failure in a gather is dropped without a report", "[case][GATHER-09]") {
  captured_reports reports;
  trace handled;
  run_virtual([&]() -> task<> {
    get_running_loop().set_exception_handler([&](exception_context const& c) { handled.push_back(c.message); });
    auto b = []() -> task<> {
      try {
        co_await sleep(20ms);
      } catch (cancelled_error const&) {
      }
      throw boom2();
    };
    try {
      co_await gather(fail_after<boom>(10ms), b());
      FAIL_CHECK("no failure");
    } catch (boom const&) {
    }
    co_await sleep(40ms);
  });
  CHECK(handled == trace{});
  CHECK(reports.texts() == trace{});
}
