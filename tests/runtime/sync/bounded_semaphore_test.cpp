// SPDX-License-Identifier: MIT
#include "../../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <stdexcept>

using namespace halka;
using namespace halka::test;

TEST_CASE("a bounded semaphore refuses a release without an acquire", "[runtime][semaphore]") {
  run_virtual([]() -> task<> {
    bounded_semaphore s(2);
    CHECK_THROWS_AS(s.release(), std::invalid_argument);
    CHECK(s.statistics().permits == 2);
    co_await s.acquire();
    s.release();
    CHECK_THROWS_AS(s.release(), std::invalid_argument);
    CHECK(s.statistics().permits == 2);
  });
}

TEST_CASE("a bounded semaphore hands a permit to a task that waits, whatever its bound", "[runtime][semaphore]") {
  run_virtual([]() -> task<> {
    bounded_semaphore s(1);
    co_await s.acquire();
    auto waits = spawn([&]() -> task<> { co_await s.acquire(); });
    co_await yield_now();
    s.release();
    CHECK(s.locked());
    co_await waits;
    s.release();
    CHECK_THROWS_AS(s.release(), std::invalid_argument);
  });
}

TEST_CASE("a permit of a bounded semaphore that was released by hand is not given back twice", "[runtime][semaphore]") {
  run_virtual([]() -> task<> {
    bounded_semaphore s(1);
    {
      auto held = co_await s.hold();
      s.release();
    }
    CHECK(s.statistics().permits == 1);
  });
}

TEST_CASE("a bounded semaphore may be used wherever a semaphore is expected", "[runtime][semaphore]") {
  run_virtual([]() -> task<> {
    bounded_semaphore s(1);
    semaphore& as_semaphore = s;
    co_await as_semaphore.acquire();
    as_semaphore.release();
    CHECK_THROWS_AS(as_semaphore.release(), std::invalid_argument);
  });
}
