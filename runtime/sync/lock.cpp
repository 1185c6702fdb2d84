// SPDX-License-Identifier: MIT
#include "lock.hpp"

#include "../../sched/any_task.hpp"

#include <stdexcept>
#include <string>

namespace halka {

void lock::release() {
  if (!locked_) throw std::logic_error("lock: it was released while nobody held it");
  pass_on();
}

void lock::pass_on() noexcept {
  if (waiters_.empty()) {
    locked_ = false;
    holder_ = 0;
    return;
  }
  holder_ = waiters_.first().task().id();
  waiters_.notify_first();  // it may be one that returns from a condition
}

void lock::acquire_awaiter::leave_cancelled() {
  if (granted()) lock_.pass_on();
  check_cancelled();
}

void lock::acquire_awaiter::describe(wait_description& d) const { d.what = with_place(detail::lock_and_holder(lock_)); }

std::string detail::lock_and_holder(lock const& l) {
  std::uint64_t const holder = l.statistics().holder;
  if (holder == 0) return "a lock";
  if (detail::current.loop)
    for (any_task const& t : all_tasks())
      if (t.id() == holder) return "a lock held by '" + t.name() + "'";
  return "a lock held by task " + std::to_string(holder) + ", which has ended";
}

}  // namespace halka
