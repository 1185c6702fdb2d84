// SPDX-License-Identifier: MIT
#include "condition.hpp"

#include <limits>
#include <stdexcept>
#include <string>

namespace halka {

void condition::check_held(char const* what) const {
  if (!lock_.locked()) throw std::logic_error(std::string("condition: ") + what + " needs the lock to be held");
}

void condition::notify(std::size_t n) {
  check_held("notify");
  for (; n > 0 && !waiters_.empty(); --n) waiters_.notify_first();
}

void condition::notify_all() { notify(std::numeric_limits<std::size_t>::max()); }

condition::statistics_type condition::statistics() const noexcept {
  lock::statistics_type const of_lock = lock_.statistics();
  return {waiters_.size(), of_lock.holder, of_lock.waiting};
}

void condition::wait_awaiter::listen() {
  check_loop(condition_.waiters_);
  condition_.lock_.pass_on();
  wait_in(condition_.waiters_);
}

void condition::wait_awaiter::advance(waiter& w) {
  auto& self = static_cast<wait_awaiter&>(w);
  if (self.phase_ == phase::locking) return self.got_lock();
  self.notified_ = true;
  self.take_lock();
}

void condition::wait_awaiter::take_lock() {
  lock& l = condition_.lock_;
  if (l.locked()) {
    phase_ = phase::locking;
    return stand_in(l.waiters_);
  }
  l.take(&task());
  got_lock();
}

void condition::wait_awaiter::got_lock() {
  phase_ = phase::holding;
  if (cancelled_)
    task().interrupt();
  else
    wake();
}

bool condition::wait_awaiter::cancel(std::string_view reason) {
  if (!linked()) return sync_awaiter::cancel(reason);  // the condition or the lock is gone
  cancelled_ = true;
  if (phase_ == phase::locking) return true;
  leave();
  take_lock();
  return true;
}

void condition::wait_awaiter::leave_cancelled() {
  if (notified_ && phase_ == phase::holding && !condition_.waiters_.empty()) condition_.notify();
  check_cancelled();
}

void condition::wait_awaiter::describe(wait_description& d) const {
  d.what =
      with_place(phase_ == phase::listening ? "a condition" : detail::lock_and_holder(condition_.lock_) + " to return from wait");
}

}  // namespace halka
