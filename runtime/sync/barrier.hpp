// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "sync_awaiter.hpp"

#include <cstddef>
#include <cstdint>

namespace halka {

/// A meeting point: `wait` holds tasks back until as many have come as there are parties. Then all go on, and the next round
/// begins.
///
/// *Thread safety*: the tasks of one loop. Making one needs no loop.
/// *Source*: asyncio.Barrier.
class HALKA_API barrier {
 public:
  class wait_awaiter;

  /// *Errors*: `std::invalid_argument` for less than one party.
  explicit barrier(std::ptrdiff_t parties);
  barrier(barrier const&) = delete;
  barrier& operator=(barrier const&) = delete;

  /// Waits for the others.
  ///
  /// *Suspends*: unless it is the last to come.
  /// *Result*: which of the parties this is, from 0 to `parties() - 1`, each once in a round.
  /// *Errors*: `broken_barrier_error` if the barrier is broken, or `reset` or `abort` comes before the task has gone on;
  /// `cancelled_error`, and the task no longer counts as one that has come.
  sync_operation<wait_awaiter, barrier> wait() noexcept { return sync_operation<wait_awaiter, barrier>(*this); }

  /// Turns those away who wait; a broken barrier is whole again.
  void reset();
  /// Breaks the barrier: those who wait, and all who come until `reset`, are turned away.
  void abort();

  std::size_t parties() const noexcept { return parties_; }
  /// How many wait for the others.
  std::size_t n_waiting() const noexcept { return waiting_.size(); }
  bool broken() const noexcept { return broken_; }

  struct statistics_type {
    std::size_t parties;
    std::size_t waiting;
    bool broken;
  };
  statistics_type statistics() const noexcept { return {parties_, n_waiting(), broken_}; }

 private:
  void meet();
  void turn_away();

  sync_waiters waiting_;
  sync_waiters leaving_;  // all have come, but these have not resumed
  std::size_t parties_;
  bool broken_ = false;
};

class HALKA_API barrier::wait_awaiter final : public sync_awaiter {
 public:
  explicit wait_awaiter(barrier& b) noexcept : barrier_(b) {}
  bool await_ready();
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> h) {
    suspend(h, barrier_.waiting_);
  }
  std::size_t await_resume();

 private:
  friend class barrier;
  enum class outcome : std::uint8_t { none, met, reset, broken };
  [[noreturn]] static void throw_broken(outcome o);
  void describe(wait_description& d) const override;

  barrier& barrier_;
  std::size_t index_ = 0;
  outcome outcome_ = outcome::none;
};

}  // namespace halka
