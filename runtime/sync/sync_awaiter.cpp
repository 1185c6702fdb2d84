// SPDX-License-Identifier: MIT
#include "sync_awaiter.hpp"

#include "../../sched/event_loop.hpp"

#include <stdexcept>

namespace halka {

std::size_t sync_waiters::size() const noexcept {
  std::size_t n = 0;
  list_.find([&n](waiter&) { return ++n, false; });
  return n;
}

void sync_waiters::turn_away_all() {
  while (!empty()) static_cast<sync_awaiter&>(list_.take_first()).wake();
}

void sync_awaiter::refuse_loop() {
  throw std::logic_error("tasks of two loops wait for one object: only channel works between loops");
}

void sync_awaiter::wait_a_pass() { task_->yield_to(detail::current.loop->ready()); }

bool sync_awaiter::cancel(std::string_view) {
  leave();
  task_->interrupt();
  return true;
}

void sync_awaiter::grant_and_wake(waiter& w) { static_cast<sync_awaiter&>(w).grant(); }

std::string sync_awaiter::with_place(std::string what) const {
  if (std::size_t const n = before(); n > 0) what += ", behind " + std::to_string(n) + (n == 1 ? " other" : " others");
  return what;
}

}  // namespace halka
