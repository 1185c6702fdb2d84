// SPDX-License-Identifier: MIT
// Every demo, as it is, with its output compared to that of the Python program. Each one is read into a namespace of its own, so
// what it includes is included here first; its main is not called. Where a demo is about time it runs on the virtual clock, and the
// time is compared too.
#include "../support/performance.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace a10 {
#include <a10_blocking_sleep.cpp>
}
namespace a11 {
#include <a11_never_awaited.cpp>
}
namespace a12 {
#include <a12_event_loop.cpp>
}
namespace a13 {
#include <a13_say_hello.cpp>
}
namespace a14 {
#include <a14_gather.cpp>
}
namespace c1 {
#include <c1_await_a_call.cpp>
}
namespace c3 {
#include <c3_ten_thousand_rows.cpp>
}
namespace c6 {
#include <c6_fib_that_sleeps.cpp>
}
namespace c9 {
#include <c9_start_up_cost.cpp>
}
namespace x7 {
#include <x7_rows_in_batches.cpp>
}
namespace x8 {
#include <x8_limited_gather.cpp>
}
namespace x12 {
#include <x12_connection_pool.cpp>
}
namespace x16 {
#include <x16_dependent_calls.cpp>
}

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;
using Catch::Matchers::Matches;

TEST_CASE("demo A10: a blocking sleep is one long gap for the ticker, an awaited one is none", "[demo][A10]") {
  // Real time, because a blocking call is what it is about; 0.5 s instead of 5.
  std::string const printed = printed_by([] { halka::run(a10::async_main(500ms)); });
  double blocked = 0;
  double awaited = 1;
  std::sscanf(printed.c_str(),
              "this_thread::sleep_for(5s) longest gap between two ticks: %lf s\n"
              "co_await halka::sleep(5s)  longest gap between two ticks: %lf s\n",
              &blocked, &awaited);
  INFO(printed);
  CHECK(blocked >= 0.5);
  CHECK(awaited < blocked);
}

TEST_CASE("demo A11: a coroutine that is only called prints nothing and is reported", "[demo][A11]") {
  captured_reports const reports;
  performance const demo(a11::async_main());
  CHECK(demo.printed == expected("demos/a11_never_awaited"));
  CHECK(demo.took == 0s);
  REQUIRE(reports.texts().size() == 1);
  CHECK_THAT(reports.texts()[0], Matches(R"(coroutine .*task \(a11_never_awaited\.cpp:18\) was never awaited)"));
}

TEST_CASE("demo A12: while two tasks wait for I/O the third runs", "[demo][A12]") {
  performance const demo(a12::async_main());
  CHECK(demo.printed == expected("demos/a12_event_loop"));
  CHECK(demo.took == 200ms);
}

TEST_CASE("demo A13: Hello, and two seconds later World", "[demo][A13]") {
  performance const demo(a13::say_hello());
  CHECK(demo.printed == expected("demos/a13_say_hello"));
  CHECK(demo.took == 2s);
}

TEST_CASE("demo A14: gather takes as long as its longest part", "[demo][A14]") {
  performance const demo(a14::async_main());
  CHECK(demo.printed == expected("demos/a14_gather"));
  CHECK(demo.took == 2s);
}

TEST_CASE("demo C1: the value of main is what the service returned", "[demo][C1]") {
  std::string const printed = printed_by([] { c1::print(run_virtual(c1::async_main)); });
  CHECK(printed == expected("demos/c1_await_a_call"));
}

TEST_CASE("demo C3: 10 000 calls at once, and at most 50 with a semaphore", "[demo][C3]") {
  performance const demo(c3::async_main());
  CHECK(demo.printed == expected("demos/c3_ten_thousand_rows"));
}

TEST_CASE("demo C6: 90 sleeps one after the other take nine seconds, yielding takes none", "[demo][C6]") {
  performance const demo(c6::async_main());
  CHECK(demo.printed == expected("demos/c6_fib_that_sleeps"));
  CHECK(demo.took == 9s);
}

TEST_CASE("demo C9: making a loop costs a little, but not a millisecond", "[demo][C9]") {
  // Real time, because the start-up cost is what it is about; the bound is generous for loaded and instrumented machines.
  std::string const printed = printed_by([] { c9::compare(); });
  double sync = 0;
  double async = 0;
  double empty = 0;
  std::sscanf(printed.c_str(), "sync %lf ms\nhalka::run %lf ms\nan empty halka::run %lf ms\n", &sync, &async, &empty);
  INFO(printed);
  CHECK(sync >= 4);
  CHECK(async >= 4);
  CHECK(empty > 0);
  CHECK(empty < 20);
}

TEST_CASE("demo X7: of 10 000 rows 2000 are in memory, and another task runs between the batches", "[demo][X7]") {
  performance const demo(x7::async_main());
  CHECK(demo.printed == expected("demos/x7_rows_in_batches"));
  CHECK(demo.took == 100ms);
  CHECK(x7::row::held == 0);
}

TEST_CASE("demo X8: of 10 000 gathered calls 50 are in flight, and the results have the arguments' order", "[demo][X8]") {
  performance const demo(x8::async_main());
  CHECK(demo.printed == expected("demos/x8_limited_gather"));
  // 5000 calls of 3 ms and 5000 of 1 ms, 50 at a time.
  CHECK(demo.took >= 400ms);
  CHECK(demo.took <= 410ms);
}

TEST_CASE("demo X12: a pool of 5 connections serves 20 tasks, and who is cancelled leaks none", "[demo][X12]") {
  performance const demo(x12::async_main());
  CHECK(demo.printed == expected("demos/x12_connection_pool"));
  CHECK(demo.took == 310ms);
}

TEST_CASE("demo X16: a dependent chain takes 2t, independent calls take t", "[demo][X16]") {
  performance const demo(x16::async_main());
  CHECK(demo.printed == expected("demos/x16_dependent_calls"));
  CHECK(demo.took == 1500ms);
}
