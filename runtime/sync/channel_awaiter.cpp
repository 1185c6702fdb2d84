// SPDX-License-Identifier: MIT
#include "channel_awaiter.hpp"

#include "../../sched/event_loop.hpp"

namespace halka::detail {

void channel_task::stand_in(channel_line& line) {
  home_ = current.loop->address();
  line.add(*this);
}

void channel_task::suspend() {
  // Another thread may have granted already: what it pushed arrives in the next pass at the earliest.
  if (at_once_)
    task_->yield_to(current.loop->ready());
  else
    task_->wait_on(*this);
}

bool channel_task::go_on(channel_alarm& alarm) noexcept {
  if (current.loop && current.loop->address() == home_) {
    task_->wake();
    return true;
  }
  std::shared_ptr<mailbox> home = std::move(home_);
  switch (home->push(*this)) {
    case inbox::pushed::queued:
      return true;
    case inbox::pushed::loop_sleeps:
      alarm.wake_later(std::move(home));
      return true;
    case inbox::pushed::refused:
      break;
  }
  return false;
}

bool channel_task::cancel(std::string_view) {
  if (!withdraw()) return false;
  task_->interrupt();
  return true;
}

void channel_task::arrived(runnable& r) { static_cast<channel_task&>(r).task_->wake(); }

}  // namespace halka::detail
