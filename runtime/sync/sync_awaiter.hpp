// SPDX-License-Identifier: MIT
#pragma once

// What the primitives between tasks share: a queue of waiting tasks, first come, first served, without an allocation per wait.
//
// A waiter is granted what it waits for by whoever releases it; its task then resumes in the next pass. Between the grant and the
// resume the task may be cancelled: the awaiter then throws, and gives back what it was granted (`undo_grant`), so that it passes
// on to the next.

#include "../../sched/awaitable.hpp"
#include "../../sched/export.hpp"
#include "../../sched/running.hpp"
#include "../../sched/suspension.hpp"
#include "../../sched/task_state.hpp"
#include "../../sched/waiter.hpp"

#include <coroutine>
#include <cstddef>
#include <stdexcept>
#include <string_view>

namespace halka {

/// The tasks that wait for one primitive, in order.
class HALKA_API sync_waiters {
 public:
  bool empty() const noexcept { return list_.empty(); }
  std::size_t size() const noexcept;
  /// Grants to the first. There must be one.
  void grant_first() { list_.notify_first(); }
  void grant_all() { list_.notify_all(); }

 private:
  friend class sync_awaiter;
  waiter_list list_;
};

/// Base of the awaiters of primitives.
class HALKA_API sync_awaiter : public detail::own_awaiter, private suspension, private waiter {
 protected:
  sync_awaiter() noexcept : waiter(granted) {}
  ~sync_awaiter() = default;

  /// Waits in the queue; or, if it is granted already and only the budget of the step is used up, for one pass.
  template <class Promise>
  void suspend(std::coroutine_handle<Promise> h, sync_waiters& queue, bool granted_already) {
    task_ = &detail::require_task();
    task_->suspend_at(h.address(), detail::location_of(h));
    enqueue(queue, granted_already);
  }

  /// Throws if the task was cancelled; what was granted meanwhile is for the caller to give back.
  void check_resumed() {
    if (task_) task_->check_cancelled();
  }
  bool was_granted() const noexcept { return granted_; }

 private:
  void enqueue(sync_waiters& queue, bool granted_already);
  bool cancel(std::string_view reason) override;
  static void granted(waiter& w);

  task_state* task_ = nullptr;  // set if it suspended
  bool granted_ = false;
};

/// Awaiting a primitive.
template <class Awaiter, class Primitive>
class [[nodiscard("must co_await it")]] sync_operation {
 public:
  explicit sync_operation(Primitive & p) noexcept : primitive_(&p) {}
  Awaiter operator co_await()&& noexcept { return Awaiter(*primitive_); }

 private:
  Primitive* primitive_;
};

}  // namespace halka
