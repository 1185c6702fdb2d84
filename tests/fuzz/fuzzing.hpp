// SPDX-License-Identifier: MIT
#pragma once

#include "../support/fixture.hpp"

#include <halka/halka.hpp>

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace halka::test {

/// Each body is tried with 50 seeds, or with as many as HALKA_FUZZ_SEEDS says.
template <class Body>
void fuzz_body(Body const& body) {
  int const before = counted::alive;
  testing::fuzz(body, {.seeds = std::getenv("HALKA_FUZZ_SEEDS") ? 0U : 50U});
  if (counted::alive != before) throw std::logic_error(std::to_string(counted::alive - before) + " objects are left");
}

/// For bodies: a failed run is one that throws.
inline void must(bool holds, std::string const& what) {
  if (!holds) throw std::logic_error("broken: " + what);
}

/// Up to `most` milliseconds, some of them none.
inline clock::duration some_time(fuzz_random& random, unsigned most = 4) {
  return std::chrono::milliseconds(random.below(most + 1));
}

/// Sleeps for some time or lets some passes go by.
inline task<> dawdle(fuzz_random& random) {
  std::uint64_t const passes = random.below(4);
  for (std::uint64_t i = 0; i < passes; ++i) co_await yield_now();
  if (random.one_in(2)) co_await sleep(some_time(random));
}

/// Cancels some of the tasks, each at some time.
inline task<> cancel_some(fuzz_random& random, std::vector<task_handle<>> tasks, std::uint64_t one_in = 2) {
  for (task_handle<> const& t : tasks) {
    if (!random.one_in(one_in)) continue;
    co_await dawdle(random);
    t.cancel("fuzz");
  }
}

/// Waits for all, looks at their failures, and lets only cancellations pass.
inline task<> join_all(std::vector<task_handle<>> tasks) {
  co_await wait(tasks);
  for (task_handle<> const& t : tasks)
    if (!t.cancelled()) t.result();
}

}  // namespace halka::test
