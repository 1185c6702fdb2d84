// SPDX-License-Identifier: MIT
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {
using handles = std::vector<task_handle<>>;
}

TEST_CASE("wait waits for all and throws none of their errors", "[runtime][wait]") {
  run_virtual([]() -> task<> {
    auto const begin = clock::now();
    auto a = spawn(fail_after<boom>, 5ms);
    auto b = spawn(nap, 9ms);
    auto c = spawn(wait_for_ever);
    get_running_loop().call_later(1ms, [c] { c.cancel(); });
    handles const all{a, b, c};
    auto r = co_await wait(all);
    CHECK(r.done == all);
    CHECK(r.pending.empty());
    CHECK(clock::now() - begin == 9ms);
    CHECK(kind(a.exception()) == "boom");
    CHECK(c.cancelled());
  });
}

TEST_CASE("wait for the first exception does not take a cancellation for one", "[runtime][wait]") {
  run_virtual([]() -> task<> {
    auto const begin = clock::now();
    auto a = spawn(wait_for_ever);
    auto b = spawn(fail_after<boom>, 5ms);
    auto c = spawn(nap, 9ms);
    get_running_loop().call_later(1ms, [a] { a.cancel(); });
    handles const all{a, b, c};
    auto r = co_await wait(all, return_when::first_exception);
    CHECK(clock::now() - begin == 5ms);
    CHECK(r.done == handles{a, b});
    CHECK(r.pending == handles{c});
    CHECK(kind(b.exception()) == "boom");
    co_await c;
  });
}

TEST_CASE("wait for the first exception returns when all have ended well", "[runtime][wait]") {
  run_virtual([]() -> task<> {
    handles const all{spawn(nap, 1ms), spawn(nap, 2ms)};
    auto r = co_await wait(all, return_when::first_exception);
    CHECK(r.done == all);
  });
}

TEST_CASE("wait returns at once for tasks that have ended, in every mode", "[runtime][wait]") {
  run_virtual([]() -> task<> {
    auto const begin = clock::now();
    std::array<task_handle<int>, 2> const two{spawn(value_after<int>, 0ms, 1), spawn(value_after<int>, 1h, 2)};
    co_await settle();
    auto first = co_await wait(two, return_when::first_completed);
    CHECK(first.done.size() == 1);
    CHECK(first.done.at(0).result() == 1);
    CHECK(first.pending.at(0) == two[1]);
    CHECK(clock::now() == begin);
    two[1].cancel();
  });
}

TEST_CASE("a failure that wait saw is still reported if nobody looks at it", "[runtime][wait]") {
  captured_reports reports;
  run_virtual([]() -> task<> {
    handles all{spawn(fail_after<boom>, 1ms)};
    co_await wait(all);
  });
  CHECK(reports.count("was never retrieved") == 1);
}
