// SPDX-License-Identifier: MIT
#pragma once

// How a process sleeps until another one has something for it, without a system call while both are awake.
//
// Whoever wants to sleep says so in the word, and then looks once more whether there is something. Whoever has something puts it
// where the other will look, and then looks whether the other sleeps. All four are sequentially consistent, so at least one of the
// two sees the other: no wake-up is lost, and only who finds a sleeper makes a system call (the same as sched/inbox.hpp, between
// processes).

#include "../../sched/export.hpp"

#include <atomic>
#include <cstdint>

namespace halka::detail {

/// Lies in the shared memory.
class HALKA_API wake_word {
 public:
  /// What a sleeper waits for.
  enum reason : std::uint32_t { awake = 0, for_work = 1, for_room = 2 };

  /// Sleeps unless `there()`; may return early.
  template <class There>
  void sleep(reason why, There there) noexcept {
    word_.store(why);
    if (!there()) wait(why);
    word_.store(awake, std::memory_order_relaxed);  // relaxed: a late wake-up is harmless
  }

  /// Wakes the other if it sleeps for this reason.
  void wake(reason why) noexcept {
    if (sleeps(why)) wake_sleeper();
  }
  bool sleeps(reason why) const noexcept { return word_.load() == why; }

 private:
  void wait(std::uint32_t why) noexcept;
  void wake_sleeper() noexcept;

  std::atomic<std::uint32_t> word_ = awake;
};
static_assert(sizeof(wake_word) == 4);

/// The other direction: the sleeper is an event loop, which the caller wakes by other means.
class listen_word {
 public:
  /// The loop's: the next result must be announced. False if there is one already.
  template <class There>
  [[nodiscard]] bool listen(There there) noexcept {
    word_.store(1);
    if (!there()) return true;
    stop();
    return false;
  }
  void stop() noexcept { word_.store(0, std::memory_order_relaxed); }  // relaxed: an announcement too many is harmless

  /// True if the caller must announce what it has put there.
  [[nodiscard]] bool take() noexcept { return word_.load() != 0 && word_.exchange(0) != 0; }

 private:
  std::atomic<std::uint32_t> word_ = 0;
};
static_assert(sizeof(listen_word) == 4);

}  // namespace halka::detail
