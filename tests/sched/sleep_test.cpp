// SPDX-License-Identifier: MIT
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

TEST_CASE("a sleep ends when the clock has reached its deadline", "[sched][sleep]") {
  run_virtual([]() -> task<> {
    auto const begin = clock::now();
    co_await sleep(5s);
    auto const slept = clock::now() - begin;
    CHECK(slept == 5s);
  });
}

TEST_CASE("yield_now lets every ready task run once", "[sched][sleep]") {
  trace log;
  run_virtual([&]() -> task<> {
    auto other = spawn([&]() -> task<> {
      log.push_back("other");
      co_return;
    });
    log.push_back("before");
    co_await yield_now();
    log.push_back("after");
    co_await other;
  });
  CHECK(log == trace{"before", "other", "after"});
}
