// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "sync_awaiter.hpp"

#include <cstddef>
#include <utility>

namespace halka {

/// A number of permits that tasks take and give back: at most so many tasks are past `acquire` at a time.
///
/// Fair: permits are granted in the order in which tasks asked, and a task that was granted one and cancelled before it resumed
/// passes it on.
///
/// *Thread safety*: the tasks of one loop. Making one needs no loop.
/// *Source*: asyncio.Semaphore.
class HALKA_API semaphore {
 public:
  class acquire_awaiter;
  class hold_awaiter;
  class permit;

  /// *Errors*: `std::invalid_argument` for a negative number.
  explicit semaphore(std::ptrdiff_t permits = 1);
  semaphore(semaphore const&) = delete;
  semaphore& operator=(semaphore const&) = delete;

  /// Takes a permit. *Suspends*: while there is none, or others wait already. *Errors*: `cancelled_error`; no permit is taken then.
  sync_operation<acquire_awaiter, semaphore> acquire() noexcept { return sync_operation<acquire_awaiter, semaphore>(*this); }

  /// Takes a permit that is given back when the yielded `permit` is destroyed: `auto held = co_await s.hold();`
  sync_operation<hold_awaiter, semaphore> hold() noexcept { return sync_operation<hold_awaiter, semaphore>(*this); }

  /// Gives a permit back, or to the first who waits.
  ///
  /// *Errors*: `std::invalid_argument` if a `bounded_semaphore` has all its permits.
  void release() {
    if (!give_back()) [[unlikely]]
      refuse_release();
  }

  /// True if `acquire` would suspend.
  bool locked() const noexcept { return permits_ == 0; }

  struct statistics_type {
    std::size_t permits;  // free
    std::size_t waiting;
  };
  statistics_type statistics() const noexcept { return {permits_, waiters_.size()}; }

 protected:
  semaphore(std::ptrdiff_t permits, std::size_t most);

 private:
  bool give_back() noexcept {
    if (!waiters_.empty())
      waiters_.grant_first();
    else if (permits_ < most_)
      ++permits_;
    else
      return false;
    return true;
  }
  [[noreturn]] static void refuse_release();

  sync_waiters waiters_;
  std::size_t permits_;  // none while somebody waits
  std::size_t most_;
};

/// A permit that is held.
class [[nodiscard("the permit is given back when this is destroyed")]] semaphore::permit {
 public:
  explicit permit(semaphore & s) noexcept : semaphore_(&s) {}
  permit(permit && other) noexcept : semaphore_(std::exchange(other.semaphore_, nullptr)) {}
  permit& operator=(permit other) noexcept {
    std::swap(semaphore_, other.semaphore_);
    return *this;
  }
  ~permit() {
    if (semaphore_) semaphore_->give_back();
  }

 private:
  semaphore* semaphore_;
};

class HALKA_API semaphore::acquire_awaiter : public sync_awaiter {
 public:
  explicit acquire_awaiter(semaphore& s) noexcept : semaphore_(s) {}
  bool await_ready() {
    if (semaphore_.locked()) return false;
    --semaphore_.permits_;
    set_granted();
    return detail::within_budget();
  }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> h) {
    suspend(h, semaphore_.waiters_);
  }
  void await_resume() {
    if (cancel_due()) [[unlikely]]
      leave_cancelled();
  }

 protected:
  semaphore& semaphore_;

 private:
  [[gnu::cold]] void leave_cancelled();
  void describe(wait_description& d) const final;
};

class semaphore::hold_awaiter final : public acquire_awaiter {
 public:
  using acquire_awaiter::acquire_awaiter;
  permit await_resume() {
    acquire_awaiter::await_resume();
    return permit(semaphore_);
  }
};

}  // namespace halka
