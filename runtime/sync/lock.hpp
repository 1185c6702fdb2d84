// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "sync_awaiter.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>

namespace halka {

/// Lets one task at a time past `acquire`.
///
/// Fair: `release` hands the lock to the first who waits, and nobody can take it in between. A task that was handed the lock and is
/// cancelled before it resumes passes it on.
///
/// *Thread safety*: the tasks of one loop. Making one needs no loop.
/// *Source*: asyncio.Lock.
class HALKA_API lock {
 public:
  class acquire_awaiter;
  class hold_awaiter;
  class guard;

  lock() noexcept = default;
  lock(lock const&) = delete;
  lock& operator=(lock const&) = delete;

  /// Takes the lock. *Suspends*: while it is held. *Errors*: `cancelled_error`; the lock is not taken then. A task that takes a
  /// lock twice waits for itself.
  sync_operation<acquire_awaiter, lock> acquire() noexcept { return sync_operation<acquire_awaiter, lock>(*this); }

  /// Takes the lock until the yielded `guard` is destroyed: `auto held = co_await l.hold();`
  sync_operation<hold_awaiter, lock> hold() noexcept { return sync_operation<hold_awaiter, lock>(*this); }

  /// Gives the lock up, or to the first who waits. Any task may do it. *Errors*: `std::logic_error` if nobody holds it.
  void release();

  bool locked() const noexcept { return locked_; }

  struct statistics_type {
    std::uint64_t holder;  // the id of the task that holds it, or was handed it; 0 if none does
    std::size_t waiting;
  };
  statistics_type statistics() const noexcept { return {holder_, waiters_.size()}; }

 private:
  friend class condition;
  void take(task_state const* by) noexcept {
    locked_ = true;
    holder_ = by ? by->id() : 0;
  }
  void pass_on() noexcept;

  sync_waiters waiters_;
  std::uint64_t holder_ = 0;
  bool locked_ = false;
};

/// A lock that is held.
class [[nodiscard("the lock is released when this is destroyed")]] lock::guard {
 public:
  explicit guard(lock & l) noexcept : lock_(&l) {}
  guard(guard && other) noexcept : lock_(std::exchange(other.lock_, nullptr)) {}
  guard& operator=(guard other) noexcept {
    std::swap(lock_, other.lock_);
    return *this;
  }
  ~guard() {
    if (lock_ && lock_->locked()) lock_->pass_on();
  }

 private:
  lock* lock_;
};

class HALKA_API lock::acquire_awaiter : public sync_awaiter {
 public:
  explicit acquire_awaiter(lock& l) noexcept : lock_(l) {}
  bool await_ready() {
    if (lock_.locked_) return false;
    lock_.take(detail::current.task);
    set_granted();
    return detail::within_budget();
  }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> h) {
    suspend(h, lock_.waiters_);
  }
  void await_resume() {
    if (cancel_due()) [[unlikely]]
      leave_cancelled();
  }

 protected:
  lock& lock_;

 private:
  [[gnu::cold]] void leave_cancelled();
  void describe(wait_description& d) const final;
};

class lock::hold_awaiter final : public acquire_awaiter {
 public:
  using acquire_awaiter::acquire_awaiter;
  guard await_resume() {
    acquire_awaiter::await_resume();
    return guard(lock_);
  }
};

namespace detail {

/// "a lock held by 'name'"
HALKA_API std::string lock_and_holder(lock const& l);

}  // namespace detail

}  // namespace halka
