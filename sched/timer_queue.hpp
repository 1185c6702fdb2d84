// SPDX-License-Identifier: MIT
#pragma once

// Deadlines in order.
//
// Far timers lie in a wheel (timer_wheel.hpp), unsorted in slots of about a millisecond and more; setting and removing one there
// touches its neighbours at most. When its slot comes near, a timer moves to a small heap, which fires in exact order: by deadline,
// and for equal deadlines in the order in which they were set. Both are intrusive: a timer is a link of its slot, and knows its
// place in the heap.

#include "clock.hpp"
#include "export.hpp"
#include "timer_wheel.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace halka {

class HALKA_API timer_queue {
 public:
  /// *Errors*: `std::bad_alloc`.
  void add(timer& t, clock::time_point deadline);

  /// No effect on a timer that is not set.
  void remove(timer& t) noexcept;

  /// True if no timer is set.
  bool empty() const noexcept { return live_ == 0; }
  std::size_t size() const noexcept { return live_; }

  /// The earliest deadline, or a moment up to a slot's length before it if many timers share the slot; `never` if no timer is set.
  clock::time_point next_deadline() const noexcept;

  /// Fires every timer whose deadline is not after `now`, in order.
  void fire_due(clock::time_point now);

 private:
  struct entry {
    clock::time_point deadline;
    timer* who;

    bool before(entry const& other) const noexcept {
      if (deadline != other.deadline) return deadline < other.deadline;
      return static_cast<std::int32_t>(who->sequence - other.who->sequence) < 0;
    }
  };

  void push(timer& t);
  void erase(std::size_t i) noexcept;
  void sift_up(std::size_t i, entry e) noexcept;
  void sift_down(std::size_t i, entry e) noexcept;
  void place(std::size_t i, entry e) noexcept {
    near_[i] = e;
    e.who->place = static_cast<std::uint32_t>(i);
  }

  std::vector<entry> near_;             // a 4-ary heap of the timers before the wheel's horizon
  std::unique_ptr<timer_wheel> wheel_;  // made with the first timer
  std::size_t live_ = 0;
  std::uint32_t sequence_ = 0;
};

}  // namespace halka
