// SPDX-License-Identifier: MIT
#pragma once

// A wait at a condition is one suspension with two phases:
//
//   listening   in the queue of the condition, without the lock
//   locking     in the queue of the lock: notified, or cancelled while it listened
//   holding     the lock was handed over, and the task is ready
//
// The task is not woken between the phases. A wait always ends with the lock held: a cancellation in the first phase moves it into
// the second, one in the second is kept until the lock has come.

#include "../../sched/compiler.hpp"
#include "../../sched/export.hpp"
#include "../../sched/task.hpp"
#include "lock.hpp"
#include "sync_awaiter.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>

namespace halka {

/// Lets tasks that hold a lock wait until another says that something has changed.
///
///     auto held = co_await c.hold();
///     while (items.empty()) co_await c.wait();
///
/// *Thread safety*: the tasks of one loop. Making one needs no loop.
/// *Source*: asyncio.Condition.
class HALKA_API condition {
 public:
  class wait_awaiter;

  /// With a lock of its own.
  condition() noexcept : lock_(own_) {}
  /// With a lock that others use too. *Lifetime*: `l` outlives the condition.
  explicit condition(lock& l) noexcept : lock_(l) {}
  condition(condition const&) = delete;
  condition& operator=(condition const&) = delete;

  sync_operation<lock::acquire_awaiter, lock> acquire() noexcept { return lock_.acquire(); }
  sync_operation<lock::hold_awaiter, lock> hold() noexcept { return lock_.hold(); }
  void release() { lock_.release(); }
  bool locked() const noexcept { return lock_.locked(); }

  /// Releases the lock, waits for a notification, and takes the lock again.
  ///
  /// *Suspends*: always. It may return without a notification, so wait in a loop, or with `wait_for`.
  /// *Errors*: `std::logic_error` if the lock is free; `cancelled_error`.
  /// *Cancellation*: the lock is held again when `cancelled_error` is thrown, however long that takes and however often the task is
  /// cancelled meanwhile. A task that was notified and leaves cancelled notifies another.
  sync_operation<wait_awaiter, condition> wait() noexcept { return sync_operation<wait_awaiter, condition>(*this); }

  /// Waits until `predicate()` holds. *Result*: what it returned. *Errors*: those of `wait`, and what `predicate` throws.
  template <class F>
  requires std::invocable < std::decay_t<F>
  & > auto wait_for(F&& predicate) {
    detail::check_callable<F>();
    return wait_until_true(std::decay_t<F>(std::forward<F>(predicate)));
  }

  /// Wakes the first `n` who wait. They go on one after the other, when they get the lock. *Errors*: `std::logic_error` if the lock
  /// is free.
  void notify(std::size_t n = 1);
  void notify_all();

  struct statistics_type {
    std::size_t waiting;           // for a notification
    std::uint64_t holder;          // of the lock
    std::size_t waiting_for_lock;  // those who were notified among them
  };
  statistics_type statistics() const noexcept;

 private:
  template <class F>
  task<std::decay_t<std::invoke_result_t<F&>>> wait_until_true(F predicate) {
    while (true) {
      std::decay_t<std::invoke_result_t<F&>> value = std::invoke(predicate);
      if (value) co_return value;
      co_await wait();
    }
  }
  void check_held(char const* what) const;

  lock own_;
  lock& lock_;
  sync_waiters waiters_;
};

class HALKA_API condition::wait_awaiter final : public sync_awaiter {
 public:
  explicit wait_awaiter(condition& c) noexcept : sync_awaiter(advance), condition_(c) {}
  bool await_ready() const {
    condition_.check_held("wait");
    return false;
  }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> h) {
    begin(h);
    listen();
  }
  void await_resume() {
    if (cancel_due()) [[unlikely]]
      leave_cancelled();
  }

 private:
  enum class phase : std::uint8_t { listening, locking, holding };

  void listen();
  static void advance(waiter& w);
  void take_lock();
  void got_lock();
  bool cancel(std::string_view reason) override;
  [[gnu::cold]] void leave_cancelled();
  void describe(wait_description& d) const override;

  condition& condition_;
  phase phase_ = phase::listening;
  bool notified_ = false;
  bool cancelled_ = false;
};

}  // namespace halka
