// SPDX-License-Identifier: MIT
#pragma once

// Whether it pays to look for a while before going to sleep: for a loop at its ring and its inbox, for a worker thread at its
// queue.
//
// Waking a sleeping core costs tens of microseconds, often more than the event that is waited for is away: a request and its answer
// over one connection, a call and its result. Then who waits looks for up to `longest` before it sleeps. Looking costs processor
// time, so it is done only after `trials` sleeps in a row that ended soon and brought little (who finds much at a time has no
// latency to save), and it ends with the first time that it was in vain. A program that waits for longer never does it. On a
// machine where others want the processors too, looking is often in vain although sleeps end soon; so each time in vain doubles the
// sleeps that it takes, until a row of successes.

#include <sched.h>

#include <algorithm>
#include <chrono>

namespace halka {

class adaptive_spin {
 public:
  using duration = std::chrono::nanoseconds;
  static constexpr duration longest = std::chrono::microseconds(100);
  static constexpr int trials = 8;
  static constexpr int most_trials = 2048;
  static constexpr int successes = 64;   // in a row, that forget what was in vain
  static constexpr unsigned little = 2;  // events

  bool pays() const noexcept { return quick_ >= needed_; }
  /// False on a single processor, where nobody need measure how long he sleeps: whoever is waited for cannot run meanwhile.
  static bool can_pay() noexcept { return several_processors(); }

  /// A sleep has ended, after this long, with so many events.
  void slept(duration time, unsigned events) noexcept { note(time < longest && events > 0 && events <= little); }
  /// Looking has ended: with so many events, or none.
  void spun(unsigned events) noexcept {
    if (events == 0) {
      needed_ = std::min(2 * needed_, most_trials);
      successes_ = 0;
    } else if (++successes_ >= successes) {
      needed_ = trials;
      successes_ = 0;
    }
    note(events > 0 && events <= little);
  }

 private:
  void note(bool quick) noexcept {
    if (!quick || !several_processors())
      quick_ = 0;
    else if (quick_ < needed_)
      ++quick_;
  }
  /// Whether the first thread that asked may use several.
  static bool several_processors() noexcept {
    static bool const several = [] {
      cpu_set_t allowed;
      return sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) > 1;
    }();
    return several;
  }

  int quick_ = 0;  // sleeps in a row that ended soon
  int needed_ = trials;
  int successes_ = 0;
};

namespace detail {

/// Tells the processor that this is a loop that waits.
inline void pause_processor() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace detail

}  // namespace halka
