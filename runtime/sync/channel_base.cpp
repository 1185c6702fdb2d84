// SPDX-License-Identifier: MIT
#include "channel_base.hpp"

#include "../../sched/errors.hpp"
#include "../../sched/running.hpp"

#include <stdexcept>
#include <string>

namespace halka::detail {

using phase = channel_waiter::phase;

std::size_t channel_base::size() const {
  std::lock_guard const lock(mutex_);
  return free_items();
}

bool channel_base::is_closed() const {
  std::lock_guard const lock(mutex_);
  return closed_;
}

channel_statistics channel_base::statistics() const {
  std::lock_guard const lock(mutex_);
  return {sent_, received_, senders_.size(), receivers_.size()};
}

void channel_base::close() {
  channel_alarm alarm;
  std::lock_guard const lock(mutex_);
  closed_ = true;
  end_all(senders_, alarm);
  if (drained()) end_all(receivers_, alarm);
}

bool channel_base::withdraw(channel_waiter& w, channel_line& line) {
  std::lock_guard const lock(mutex_);
  if (w.state != phase::waiting) return false;
  line.remove(w);
  w.state = phase::idle;
  return true;
}

void channel_base::give_back(channel_waiter& w) {
  channel_alarm alarm;
  std::lock_guard const lock(mutex_);
  w.state = phase::idle;
  --promised_;
  grant_item(alarm);
}

void channel_base::grant_item(channel_alarm& alarm) noexcept {
  while (!receivers_.empty()) {
    channel_waiter& first = receivers_.take_first();
    promise_to(first);
    if (first.go_on(alarm)) return;
    first.state = phase::gone;
    --promised_;
  }
}

void channel_base::end_all(channel_line& line, channel_alarm& alarm) noexcept {
  while (!line.empty()) {
    channel_waiter& first = line.take_first();
    first.state = phase::ended;
    if (!first.go_on(alarm)) first.state = phase::gone;
  }
}

void check_may_block(char const* operation) {
  if (current.loop)
    throw std::logic_error(std::string(operation) +
                           " would block the loop that runs on this thread: co_await the operation instead");
}

void throw_channel_closed() { throw queue_shut_down("channel is closed"); }

void throw_no_channel() { throw std::logic_error("this channel was moved from"); }

}  // namespace halka::detail
