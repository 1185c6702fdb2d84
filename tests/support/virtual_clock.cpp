// SPDX-License-Identifier: MIT
#include "virtual_clock.hpp"

#include <halka/sched/any_task.hpp>
#include <halka/sched/errors.hpp>

#include <stdexcept>
#include <string>

namespace halka::test {

virtual_clock::virtual_clock(clock::time_point start) : poller("virtual clock"), now_(start) { virtual_now_ = &now_; }

void virtual_clock::wait(clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  if (held()) woken_.wait(lock, [this] { return wake_; });
  if (wake_) {
    wake_ = false;
    return;
  }
  if (deadline != never) {
    now_ = deadline;
    return;
  }
  std::string text = "deadlock: nothing is ready, no timer is set, and these tasks wait:";
  for (any_task const& t : loop_->all_tasks()) text += "\n  " + t.description();
  throw deadlock_error(text);
}

void virtual_clock::wake() noexcept {
  std::lock_guard lock(mutex_);
  wake_ = true;
  woken_.notify_one();
}

void virtual_clock::watch(int, direction, std::function<void()>) {
  throw std::logic_error("the virtual clock watches no descriptors");
}

bool virtual_clock::unwatch(int, direction) { return false; }

}  // namespace halka::test
