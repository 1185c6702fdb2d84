// SPDX-License-Identifier: MIT
#pragma once

// Timers that are not due for a while, in slots.
//
// Time is counted in ticks of 2^20 ns. The horizon is a tick; timers before it are not here. Level 0 has a slot for each of the
// 4096 ticks from the horizon on. A slot of level 1 is 4096 ticks wide (about 4 s), each level above has slots 256 times as wide,
// and there are 256 slots on each. A level's slots are used in a ring. When the horizon reaches the beginning of a slot of a higher
// level, the timers in it are put in again, and find a place further down. A bit for each slot tells whether it is empty, so that
// empty stretches cost nothing.

#include "clock.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace halka {

/// Something that wants to be told of a deadline. It lies in the waiting coroutine's frame or in a callback.
struct timer {
  static constexpr std::uint32_t unset = UINT32_MAX;
  static constexpr std::uint32_t wheel = 1U << 31;  // in `place`: a slot of the wheel; else a place in the heap

  void (*fire)(timer&);
  void* subject = nullptr;  // what firing touches; brought into the cache when the deadline comes near
  timer* next = nullptr;
  timer** previous = nullptr;  // what points here: a slot, or the `next` of the timer before
  clock::time_point deadline{};
  std::uint32_t sequence = 0;
  std::uint32_t place = unset;

  explicit timer(void (*on_deadline)(timer&)) noexcept : fire(on_deadline) {}
  timer(timer const&) = delete;
  timer& operator=(timer const&) = delete;
  bool set() const noexcept { return place != unset; }
  bool in_wheel() const noexcept { return place & wheel; }
};

class timer_wheel {
 public:
  /// False if the deadline is before the horizon; the timer is then not taken.
  bool add(timer& t) noexcept;
  void remove(timer& t) noexcept;

  /// The earliest deadline, or the beginning of its slot if that holds many timers. There must be a timer.
  clock::time_point next() const noexcept;

  /// Moves the horizon behind `now` and hands out, unsorted, what is then before it.
  template <class Take>
  void advance(clock::time_point now, Take take) {
    std::int64_t const target = tick_of(now) + 1;
    while (horizon_ < target) {
      std::int64_t stop = next_occupied();
      if (stop >= target) {
        horizon_ = target;
        return;
      }
      // The slot of level 0, or one above that begins here; a tick where both begin is met twice.
      horizon_ = stop;
      cascade();
      if (occupied(0, horizon_)) take_slot(take);
      ++horizon_;
      cascade();
    }
  }

 private:
  static constexpr int levels = 5;
  static constexpr int tick_shift = 20;
  static constexpr std::array<int, levels> shift = {0, 12, 20, 28, 36};
  static constexpr std::array<std::uint32_t, levels> slots = {4096, 256, 256, 256, 256};
  static constexpr std::array<std::uint32_t, levels> first_slot = {0, 4096, 4352, 4608, 4864};
  static constexpr std::uint32_t all_slots = 5120;
  static constexpr int few = 32;

  static std::int64_t tick_of(clock::time_point t) noexcept { return t.time_since_epoch().count() >> tick_shift; }
  static clock::time_point time_of(std::int64_t tick) noexcept;
  static std::uint32_t index(int level, std::int64_t tick) noexcept {
    auto const k = static_cast<std::size_t>(level);
    return first_slot[k] + (static_cast<std::uint32_t>(tick >> shift[k]) & (slots[k] - 1));
  }
  bool occupied(int level, std::int64_t tick) const noexcept {
    std::uint32_t const i = index(level, tick);
    return bits_[i / 64] >> (i % 64) & 1;
  }

  void link(timer& t, std::uint32_t slot) noexcept;
  /// The first tick, from the horizon on, at which an occupied slot of this level begins; the largest number if there is none.
  std::int64_t first_of(int level) const noexcept;
  std::int64_t next_occupied() const noexcept;
  /// Puts the timers of higher slots that begin at the horizon in again.
  void cascade() noexcept;
  timer* clear(std::uint32_t slot) noexcept;

  template <class Take>
  void take_slot(Take& take) {
    for (timer* t = clear(index(0, horizon_)); t;) {
      timer* const next = t->next;
      __builtin_prefetch(next);
      __builtin_prefetch(t->subject, 1);
      take(*t);
      t = next;
    }
  }

  std::int64_t horizon_ = 0;
  std::array<std::uint64_t, all_slots / 64> bits_{};
  std::array<timer*, all_slots> heads_{};
};

}  // namespace halka
