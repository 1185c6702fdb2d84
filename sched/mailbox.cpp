// SPDX-License-Identifier: MIT
#include "mailbox.hpp"

#include "poller.hpp"

namespace halka {

void mailbox::wake() noexcept {
  std::lock_guard const lock(mutex_);
  if (poller_) poller_->wake();
}

void mailbox::close(ready_queue& queue) noexcept {
  inbox_.close(queue);
  std::lock_guard const lock(mutex_);
  poller_ = nullptr;
}

}  // namespace halka
