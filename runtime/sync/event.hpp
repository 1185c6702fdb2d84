// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "sync_awaiter.hpp"

#include <cstddef>

namespace halka {

/// A flag that tasks can wait for.
///
/// *Thread safety*: the tasks of one loop. Making one needs no loop.
/// *Source*: asyncio.Event.
class HALKA_API event {
 public:
  class wait_awaiter;

  event() noexcept = default;
  event(event const&) = delete;
  event& operator=(event const&) = delete;

  bool is_set() const noexcept { return set_; }

  /// Wakes all who wait, in the order in which they came, also if `clear` follows at once.
  void set() noexcept {
    set_ = true;
    waiters_.grant_all();
  }
  void clear() noexcept { set_ = false; }

  /// Suspends until the flag is set; not at all if it is.
  ///
  /// *Errors*: `cancelled_error`.
  sync_operation<wait_awaiter, event> wait() noexcept { return sync_operation<wait_awaiter, event>(*this); }

  struct statistics_type {
    std::size_t waiting;
  };
  statistics_type statistics() const noexcept { return {waiters_.size()}; }

 private:
  sync_waiters waiters_;
  bool set_ = false;
};

class HALKA_API event::wait_awaiter final : public sync_awaiter {
 public:
  explicit wait_awaiter(event& e) noexcept : event_(e) {}
  bool await_ready() {
    if (!event_.set_) return false;
    set_granted();
    return detail::within_budget();
  }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> h) {
    suspend(h, event_.waiters_);
  }
  void await_resume() { check_cancelled(); }

 private:
  void describe(wait_description& d) const override;

  event& event_;
};

}  // namespace halka
