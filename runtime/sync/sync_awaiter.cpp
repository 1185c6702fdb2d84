// SPDX-License-Identifier: MIT
#include "sync_awaiter.hpp"

#include "../../sched/event_loop.hpp"

namespace halka {

std::size_t sync_waiters::size() const noexcept {
  std::size_t n = 0;
  list_.find([&n](waiter&) { return ++n, false; });
  return n;
}

void sync_awaiter::enqueue(sync_waiters& queue, bool granted_already) {
  if (granted_already) {
    granted_ = true;
    return task_->yield_to(detail::current.loop->ready());
  }
  queue.list_.add(*this);
  task_->wait_on(*this);
}

bool sync_awaiter::cancel(std::string_view reason) {
  leave();
  task_->interrupt(reason);
  return true;
}

void sync_awaiter::granted(waiter& w) {
  auto& self = static_cast<sync_awaiter&>(w);
  self.granted_ = true;
  self.task_->wake();
}

}  // namespace halka
