// SPDX-License-Identifier: MIT
// Every demo, as it is, with its output compared to that of the Python program. Each one is read into a namespace of its own, so
// what it includes is included here first; its main is not called. Where a demo is about time it runs on the virtual clock, and the
// time is compared too.
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wsubobject-linkage"  // g++ is surprised by lambdas in an included file
#endif

#include "../support/captured_output.hpp"
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
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
namespace x16 {
#include <x16_dependent_calls.cpp>
}

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;
using Catch::Matchers::Matches;

namespace {

std::string expected(std::string const& demo) {
  std::ifstream file(TESTS_DIRECTORY "/runtime/demos/" + demo + ".txt");
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Runs a demo's main coroutine on the virtual clock: what it prints and how long it takes.
struct performance {
  std::string printed;
  clock::duration took{};

  template <class T>
  explicit performance(task<T> demo) {
    auto const timed = [&](task<T> main) -> task<> {
      auto const begin = clock::now();
      co_await std::move(main);
      took = clock::now() - begin;
    };
    printed = printed_by([&] { run_virtual(timed, std::move(demo)); });
  }
};

}  // namespace

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
  CHECK(demo.printed == expected("a11_never_awaited"));
  CHECK(demo.took == 0s);
  REQUIRE(reports.texts().size() == 1);
  CHECK_THAT(reports.texts()[0], Matches(R"(coroutine .*task \(a11_never_awaited\.cpp:18\) was never awaited)"));
}

TEST_CASE("demo A12: while two tasks wait for I/O the third runs", "[demo][A12]") {
  performance const demo(a12::async_main());
  CHECK(demo.printed == expected("a12_event_loop"));
  CHECK(demo.took == 200ms);
}

TEST_CASE("demo A13: Hello, and two seconds later World", "[demo][A13]") {
  performance const demo(a13::say_hello());
  CHECK(demo.printed == expected("a13_say_hello"));
  CHECK(demo.took == 2s);
}

TEST_CASE("demo A14: gather takes as long as its longest part", "[demo][A14]") {
  performance const demo(a14::async_main());
  CHECK(demo.printed == expected("a14_gather"));
  CHECK(demo.took == 2s);
}

TEST_CASE("demo C1: the value of main is what the service returned", "[demo][C1]") {
  std::string const printed = printed_by([] { c1::print(run_virtual(c1::async_main)); });
  CHECK(printed == expected("c1_await_a_call"));
}

TEST_CASE("demo C3: 10 000 calls at once, and at most 50 with a semaphore", "[demo][C3]") {
  performance const demo(c3::async_main());
  CHECK(demo.printed == expected("c3_ten_thousand_rows"));
}

TEST_CASE("demo C6: 90 sleeps one after the other take nine seconds, yielding takes none", "[demo][C6]") {
  performance const demo(c6::async_main());
  CHECK(demo.printed == expected("c6_fib_that_sleeps"));
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

TEST_CASE("demo X16: a dependent chain takes 2t, independent calls take t", "[demo][X16]") {
  performance const demo(x16::async_main());
  CHECK(demo.printed == expected("x16_dependent_calls"));
  CHECK(demo.took == 1500ms);
}
