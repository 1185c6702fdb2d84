// SPDX-License-Identifier: MIT
#include "../support/fixture.hpp"

#include <halka/sched/adaptive_spin.hpp>

#include <catch2/catch_test_macros.hpp>

#include <unistd.h>
#include <algorithm>
#include <thread>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

/// A policy that has seen this many short sleeps with one completion.
adaptive_spin after_short_sleeps(int n) {
  adaptive_spin policy;
  for (int i = 0; i < n; ++i) policy.slept(10us, 1);
  return policy;
}

bool has_several_processors() { return std::thread::hardware_concurrency() > 1; }

}  // namespace

TEST_CASE("looking before sleeping pays after short sleeps in a row, on several processors", "[sched][spin]") {
  CHECK_FALSE(after_short_sleeps(adaptive_spin::trials - 1).pays());
  CHECK(after_short_sleeps(adaptive_spin::trials).pays() == has_several_processors());
}

TEST_CASE("looking in vain once ends it", "[sched][spin]") {
  adaptive_spin policy = after_short_sleeps(100);
  policy.spun(1);
  CHECK(policy.pays() == has_several_processors());
  policy.spun(0);
  CHECK_FALSE(policy.pays());
  policy.slept(10us, 1);
  CHECK_FALSE(policy.pays());
}

TEST_CASE("each time in vain doubles the sleeps that it takes, and a row of successes forgets that", "[sched][spin]") {
  if (!has_several_processors()) return;
  auto const sleeps_until_it_pays = [](adaptive_spin policy) {
    int n = 0;
    for (; !policy.pays(); ++n) policy.slept(10us, 1);
    return n;
  };
  adaptive_spin policy;
  int expected = adaptive_spin::trials;
  for (int i = 0; i < 12; ++i) {
    CHECK(sleeps_until_it_pays(policy) == expected);
    for (int n = 0; n < expected; ++n) policy.slept(10us, 1);
    policy.spun(0);
    expected = std::min(2 * expected, adaptive_spin::most_trials);
  }
  for (int i = 0; i < adaptive_spin::successes; ++i) policy.spun(1);
  policy.slept(1s, 1);
  CHECK(sleeps_until_it_pays(policy) == adaptive_spin::trials);
}

TEST_CASE("long sleeps, sleeps that a deadline ended, and sleeps that brought much do not count", "[sched][spin]") {
  adaptive_spin policy = after_short_sleeps(100);
  policy.slept(adaptive_spin::longest + 1us, 1);
  CHECK_FALSE(policy.pays());
  policy = after_short_sleeps(100);
  policy.slept(10us, 0);
  CHECK_FALSE(policy.pays());
  policy = after_short_sleeps(100);
  policy.slept(10us, adaptive_spin::little + 1);
  CHECK_FALSE(policy.pays());
}

TEST_CASE("a loop that looks before sleeping misses no message, no timer and no end", "[sched][spin]") {
  run_real([]() -> task<> {
    auto [a, b] = make_stream_pair();
    std::jthread peer([fd = b.fd()] {
      char byte = 0;
      while (::read(fd, &byte, 1) == 1)
        if (::write(fd, &byte, 1) != 1) return;
    });
    for (int i = 0; i < 2000; ++i) {
      co_await a.write("x");
      auto const answer = co_await a.read(1);
      if (answer != "x") FAIL("no answer");
      if (i % 100 == 0) co_await sleep(10us);
    }
    co_await to_thread([] {});
    co_await a.write_eof();
    auto const end = co_await b.read(1);  // the thread may see it first
    CHECK(end.empty());
  });
}
