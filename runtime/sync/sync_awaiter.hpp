// SPDX-License-Identifier: MIT
#pragma once

// What the primitives between tasks share: queues of waiting tasks, first come, first served, without an allocation per wait.
//
// A waiter is granted what it waits for by whoever releases it, and nobody else can take it from then on; its task resumes in the
// next pass. Between the grant and the resume the task may be cancelled: the awaiter then throws, and passes on what it was
// granted. A waiter that is turned away is woken without a grant: what it waited for will not come.
//
// A primitive that is destroyed lets its waiters go: they are in no queue then, and wait until they are cancelled.

#include "../../sched/awaitable.hpp"
#include "../../sched/export.hpp"
#include "../../sched/running.hpp"
#include "../../sched/suspension.hpp"
#include "../../sched/task_slab.hpp"
#include "../../sched/task_state.hpp"
#include "../../sched/waiter.hpp"

#include <coroutine>
#include <cstddef>
#include <string>
#include <string_view>

namespace halka {

class sync_awaiter;

/// The tasks that wait for one primitive, in order.
class HALKA_API sync_waiters {
 public:
  sync_waiters() noexcept = default;
  ~sync_waiters() {
    while (waiter* const w = list_.first()) w->leave();
  }
  sync_waiters(sync_waiters const&) = delete;
  sync_waiters& operator=(sync_waiters const&) = delete;

  bool empty() const noexcept { return list_.empty(); }
  std::size_t size() const noexcept;
  /// There must be one.
  sync_awaiter& first() const noexcept;
  /// Tells the first, whatever kind it is, that it has its turn. There must be one.
  void notify_first() { list_.notify_first(); }
  /// The same if all who wait here are waiters that a grant wakes.
  void grant_first();
  void grant_all();
  void turn_away_all();
  template <class F>
  void for_each(F f) const;

 private:
  friend class sync_awaiter;
  waiter_list list_;
};

/// Base of the awaiters of primitives.
class HALKA_API sync_awaiter : public detail::own_awaiter, protected suspension, protected waiter {
 public:
  task_state& task() const noexcept { return *task_; }

 protected:
  explicit sync_awaiter(waiter::function on_grant = grant_and_wake) noexcept : waiter(on_grant) {}
  ~sync_awaiter() = default;

  /// Suspends the task; what it waits for must follow: `wait_in` or `wait_a_pass`.
  template <class Promise>
  void begin(std::coroutine_handle<Promise> h) {
    task_ = detail::current.task ? detail::current.task : &detail::require_task();
    task_->suspend_at(h.address(), detail::location_of(h));
  }
  /// Both in one: waits in the queue, or a pass if it is granted already.
  template <class Promise>
  void suspend(std::coroutine_handle<Promise> h, sync_waiters& queue) {
    begin(h);
    if (granted_)
      wait_a_pass();
    else
      wait_in(queue);
  }
  /// *Errors*: `std::logic_error` if tasks of another loop wait there.
  static void check_loop(sync_waiters const& queue) {
    if (!queue.empty() && queue.first().home() != detail::current.loop) refuse_loop();
  }
  /// Checks it, and waits to be granted.
  void wait_in(sync_waiters& queue) {
    check_loop(queue);
    queue.list_.add(*this);
    task_->wait_on(*this);
  }
  /// For what is granted already, when only the budget of the step is used up.
  void wait_a_pass();
  /// Goes to the end of a queue, whoever else the task was waiting for.
  void stand_in(sync_waiters& queue) noexcept {
    leave();
    queue.list_.add(*this);
  }

  bool suspended() const noexcept { return task_ != nullptr; }
  bool cancel_due() const noexcept { return task_ && task_->cancel_due(); }
  /// Throws if the task was cancelled; what was granted meanwhile is for the caller to pass on, before.
  void check_cancelled() {
    if (task_) task_->check_cancelled();
  }

  bool granted() const noexcept { return granted_; }
  void set_granted() noexcept { granted_ = true; }
  void grant() {
    granted_ = true;
    wake();
  }
  void wake() {
    // What runs is nearly always on the same loop: comparing costs less than waiting for the address.
    if (event_loop* const here = detail::current.loop; home() == here) [[likely]]
      task_->yield_to(here->ready());
    else
      task_->wake();
  }

  bool cancel(std::string_view reason) override;
  /// "a lock", "a lock, behind 2 others"
  std::string with_place(std::string what) const;

 private:
  friend class sync_waiters;
  [[noreturn]] static void refuse_loop();
  static void grant_and_wake(waiter& w);
  event_loop* home() const noexcept { return task_slab::loop_of(*task_); }

  task_state* task_ = nullptr;  // set if it suspended
  bool granted_ = false;
};

inline sync_awaiter& sync_waiters::first() const noexcept { return static_cast<sync_awaiter&>(*list_.first()); }

inline void sync_waiters::grant_first() { static_cast<sync_awaiter&>(list_.take_first()).grant(); }

inline void sync_waiters::grant_all() {
  while (!empty()) grant_first();
}

template <class F>
void sync_waiters::for_each(F f) const {
  list_.find([&f](waiter& w) { return f(static_cast<sync_awaiter&>(w)), false; });
}

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
