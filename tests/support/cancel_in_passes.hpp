// SPDX-License-Identifier: MIT
#pragma once

#include "descriptors.hpp"
#include "fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <string>

namespace halka::test {

/// Cancels what meets the kernel: runs `body()` on the real loop again and again, and cancels it in its first pass, in its second,
/// and so on, in growing steps, until it ends before it is cancelled. Each time it must end with `cancelled_error` or well, and
/// leave no descriptor and no task. `check()` looks at what it left behind. The number of runs in which it was cancelled.
template <class Body, class Check>
std::size_t cancel_in_passes(Body body, Check check, std::size_t most = 1'000'000) {
  run_real([]() -> task<> { co_await to_thread([] {}); });  // what the process makes once
  std::size_t cancelled = 0;
  for (std::size_t passes = 0; passes < most; passes += 1 + passes / 16) {
    std::size_t const before = open_descriptors();
    bool ended_before = false;
    std::string how = "none";
    run_real([&]() -> task<> {
      task_handle<> running = create_task(body());
      for (std::size_t i = 0; i < passes && !running.done(); ++i) co_await yield_now();
      ended_before = running.done();
      running.cancel("in a pass");
      try {
        co_await running;
      } catch (...) {
        how = kind(std::current_exception());
      }
      std::size_t const left = all_tasks().size();
      CHECK(left == 1);
    });
    INFO("cancelled in pass " << passes);
    CHECK((how == "none" || how == "cancelled_error"));
    CHECK(open_descriptors() == before);
    if (how == "cancelled_error") ++cancelled;
    check();
    if (ended_before) break;
  }
  return cancelled;
}

}  // namespace halka::test
