// SPDX-License-Identifier: MIT
#pragma once

#include "../common/harness.hpp"
#include "bare.hpp"

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <vector>

namespace bare {

/// Deadlines in a 4-ary heap of 16-byte entries.
///
/// The root is entry 3, so that the four children of an entry share a cache line, and the least of the four is found without a
/// branch: whether one deadline comes before another is a coin toss, and guessing it wrong costs more than the comparison.
class timer_heap {
 public:
  struct entry {
    std::uint64_t deadline;
    std::coroutine_handle<> sleeper;
  };

  bool empty() const noexcept { return end_ == root; }
  entry const& first() const noexcept { return lines_[0].entries[root]; }

  void push(entry e) {
    if (end_ / 4 == lines_.size()) lines_.emplace_back();
    std::size_t i = end_++;
    for (std::size_t parent; i > root && e.deadline < at(parent = i / 4 + 2).deadline; i = parent) at(i) = at(parent);
    at(i) = e;
  }

  void pop() {
    entry const e = at(--end_);
    std::size_t i = root;
    for (std::size_t child = 4; child < end_; child = 4 * (i - 2)) {
      std::size_t const least = child + 4 <= end_ ? least_of_four(child) : least_of_last(child);
      if (at(least).deadline >= e.deadline) break;
      at(i) = at(least);
      i = least;
    }
    at(i) = e;
  }

 private:
  static constexpr std::size_t root = 3;
  struct alignas(64) line {
    entry entries[4];
  };

  entry& at(std::size_t i) noexcept { return lines_[i / 4].entries[i % 4]; }

  std::size_t least_of_four(std::size_t child) noexcept {
    if (std::size_t const next = 4 * (child - 2); next + 16 <= end_)
      for (std::size_t ahead = 0; ahead < 16; ahead += 4) __builtin_prefetch(&at(next + ahead));
    std::size_t const left = child + (at(child + 1).deadline < at(child).deadline);
    std::size_t const right = child + 2 + (at(child + 3).deadline < at(child + 2).deadline);
    return at(right).deadline < at(left).deadline ? right : left;
  }
  std::size_t least_of_last(std::size_t child) noexcept {
    std::size_t least = child;
    for (std::size_t c = child + 1; c < end_; ++c)
      if (at(c).deadline < at(least).deadline) least = c;
    return least;
  }

  std::vector<line> lines_ = std::vector<line>(1);
  std::size_t end_ = root;
};
inline timer_heap timers;

struct sleep {
  std::uint64_t nanoseconds;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) const { timers.push({bench::now_ns() + nanoseconds, h}); }
  void await_resume() const noexcept {}
};

/// Runs what is ready, wakes who is due, sleeps until the next deadline.
inline void run_with_timers() {
  ready.run();
  while (!timers.empty()) {
    std::uint64_t const now = bench::now_ns();
    while (!timers.empty() && timers.first().deadline <= now) {
      ready.push(timers.first().sleeper);
      timers.pop();
    }
    ready.run();
    if (timers.empty() || timers.first().deadline <= bench::now_ns()) continue;
    timespec const until{static_cast<std::time_t>(timers.first().deadline / 1'000'000'000u),
                         static_cast<long>(timers.first().deadline % 1'000'000'000u)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
  }
}

}  // namespace bare
