// SPDX-License-Identifier: MIT
#pragma once

// Whether it pays to look at the ring for a while before sleeping on it.
//
// Waking a sleeping core costs tens of microseconds, often more than the event that is waited for is away: a request and its answer
// over one connection. Then the loop looks for up to `longest` before it sleeps. Looking costs processor time, so it is done only
// after `trials` sleeps in a row that ended soon and brought little (a loop that finds much at a time has no latency to save), and
// it ends with the first time that it was in vain. A program that waits for longer never does it.

#include <sched.h>

#include <chrono>

namespace halka {

class adaptive_spin {
 public:
  using duration = std::chrono::nanoseconds;
  static constexpr duration longest = std::chrono::microseconds(100);
  static constexpr int trials = 8;
  static constexpr unsigned little = 2;  // completions

  bool pays() const noexcept { return quick_ >= trials; }

  /// A sleep has ended, after this long, with so many completions.
  void slept(duration time, unsigned completions) noexcept { note(time < longest && completions > 0 && completions <= little); }
  /// Looking has ended: with so many completions, or none.
  void spun(unsigned completions) noexcept { note(completions > 0 && completions <= little); }

 private:
  void note(bool quick) noexcept {
    if (!quick || !several_processors())
      quick_ = 0;
    else if (quick_ < trials)
      ++quick_;
  }
  /// Whether the first thread that asked may use several. On a single one, whoever is waited for cannot run meanwhile.
  static bool several_processors() noexcept {
    static bool const several = [] {
      cpu_set_t allowed;
      return sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) > 1;
    }();
    return several;
  }

  int quick_ = 0;  // sleeps in a row that ended soon
};

}  // namespace halka
