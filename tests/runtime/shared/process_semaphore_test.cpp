// SPDX-License-Identifier: MIT
#include "../../support/fixture.hpp"
#include "../../support/forked.hpp"
#include "arguments.hpp"

#include <halka/halka.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <csignal>

#include <random>
#include <thread>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a process_semaphore gives as many permits as it has", "[process][process_semaphore]") {
  process_semaphore semaphore(2);
  process_semaphore other = passed(semaphore);
  CHECK(semaphore.available() == 2);
  CHECK(semaphore.try_acquire());
  other.acquire_blocking();
  CHECK(semaphore.locked());
  CHECK_FALSE(semaphore.try_acquire());
  // A short wait for what does not come: the time is the test.
  CHECK_FALSE(other.acquire_blocking_for(1ms));
  forked child([&] {
    semaphore.acquire_blocking();
    semaphore.release();
    semaphore.release();
    return 0;
  });
  other.release();
  CHECK(child.wait() == 0);
  CHECK(other.available() == 2);
  CHECK_THROWS_AS(process_semaphore(-1), std::invalid_argument);
  run_real([&]() -> task<> {
    co_await semaphore.acquire();
    co_await semaphore.acquire();
    auto acquire = [&]() -> task<> { co_await other.acquire(); };
    auto const acquiring = spawn(acquire);
    co_await yield_now();
    CHECK_FALSE(acquiring.done());
    CHECK_THROWS_WITH(other.acquire_blocking(), ContainsSubstring("would block the loop"));
    semaphore.release();
    co_await acquiring;
    CHECK(semaphore.available() == 0);
  });
}

TEST_CASE("a process that is killed at any moment leaves a semaphore usable", "[process][process_semaphore]") {
  std::mt19937 random(1);
  process_semaphore semaphore(1000);
  for (int round = 0; round < 100; ++round) {
    forked const child([&] {
      while (true) {
        semaphore.acquire_blocking();
        semaphore.release();
      }
      return 0;
    });
    std::this_thread::sleep_for(std::chrono::microseconds(200 + random() % 800));  // so that the kill meets it anywhere
    child.kill(SIGKILL);
    forked::wait_for_end(child.pid());
    REQUIRE(semaphore.acquire_blocking_for(20s));
    semaphore.release();
  }
  CHECK(semaphore.available() >= 900);  // at most one is lost in a round
}

TEST_CASE("a process_event is seen by all who wait for it", "[process][process_event]") {
  process_event event;
  process_event other = passed(event);
  CHECK_FALSE(event.is_set());
  CHECK_FALSE(event.wait_blocking_for(1ms));  // a short wait for what does not come: the time is the test
  forked one([&] {
    event.wait_blocking();
    return 0;
  });
  forked two([&] {
    event.wait_blocking();
    return 0;
  });
  run_real([&]() -> task<> {
    auto wait = [&]() -> task<> { co_await event.wait(); };
    auto const waiting = spawn(wait);
    co_await yield_now();
    CHECK_FALSE(waiting.done());
    CHECK_THROWS_WITH(event.wait_blocking(), ContainsSubstring("would block the loop"));
    other.set();
    other.set();
    co_await waiting;
  });
  CHECK(one.wait() == 0);
  CHECK(two.wait() == 0);
  CHECK(event.is_set());
  event.wait_blocking();
  event.clear();
  CHECK_FALSE(other.is_set());
}
