// SPDX-License-Identifier: MIT
#include "stepping_clock.hpp"

#include <halka/sched/errors.hpp>

#include <stdexcept>

namespace halka::test {

stepping_clock::stepping_clock(std::function<void()> at_pass) : poller("stepping clock"), at_pass_(std::move(at_pass)) {
  virtual_now_ = &now_;
  queued_ = 1;  // asks for a call in every pass
}

void stepping_clock::poll() { at_pass_(); }

void stepping_clock::wait(clock::time_point) {
  at_pass_();
  if (!loop_->ready().empty()) return;
  // The function may have cancelled the timer that the loop wanted to wait for.
  clock::time_point const deadline = loop_->timers().next_deadline();
  if (deadline == never) throw deadlock_error("deadlock: nothing is ready and no timer is set");
  now_ = deadline;
}

void stepping_clock::watch(int, direction, std::function<void()>) {
  throw std::logic_error("the stepping clock watches no descriptors");
}

}  // namespace halka::test
