// SPDX-License-Identifier: MIT
#pragma once

// Deadlines in order: a 4-ary heap of 16-byte entries.
//
// An entry names its timer by a slot, not by address, so that moving entries about touches nothing else. Cancelling empties the
// slot and leaves the entry where it is; it is dropped when it comes to the top, or when more than half of the entries are such
// leavings. Equal deadlines fire in the order in which they were set.

#include "clock.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace halka {

/// Something that wants to be told of a deadline. It lies in the waiting coroutine's frame or in a callback.
struct timer {
  static constexpr std::uint32_t unset = UINT32_MAX;

  void (*fire)(timer&);
  std::uint32_t slot = unset;

  explicit timer(void (*on_deadline)(timer&)) noexcept : fire(on_deadline) {}
  timer(timer const&) = delete;
  timer& operator=(timer const&) = delete;
  bool set() const noexcept { return slot != unset; }
};

class timer_queue {
 public:
  /// *Errors*: `std::bad_alloc`.
  void add(timer& t, clock::time_point deadline);

  /// No effect on a timer that is not set.
  void remove(timer& t) noexcept;

  /// True if no timer is set.
  bool empty() const noexcept { return live_ == 0; }
  std::size_t size() const noexcept { return live_; }

  /// The earliest deadline; `never` if no timer is set.
  clock::time_point next_deadline() noexcept;

  /// Fires every timer whose deadline is not after `now`, in order.
  void fire_due(clock::time_point now);

 private:
  struct entry {
    clock::time_point deadline;
    std::uint32_t sequence;
    std::uint32_t slot;

    bool before(entry const& other) const noexcept {
      if (deadline != other.deadline) return deadline < other.deadline;
      return static_cast<std::int32_t>(sequence - other.sequence) < 0;
    }
  };

  void sift_up(std::size_t i, entry e) noexcept;
  void sift_down(std::size_t i, entry e) noexcept;
  void pop() noexcept;
  void drop_leavings() noexcept;
  void purge() noexcept;

  std::vector<entry> heap_;
  std::vector<timer*> slots_;  // null: cancelled, its entry is still in the heap
  std::vector<std::uint32_t> free_slots_;
  std::size_t live_ = 0;
  std::uint32_t sequence_ = 0;
};

}  // namespace halka
