// SPDX-License-Identifier: MIT
#include "process_event.hpp"

#include "../../io/readiness.hpp"
#include "../sync/channel_base.hpp"
#include "wake_descriptor.hpp"

#include <optional>
#include <utility>

namespace halka {

namespace {

task<> until_set(std::shared_ptr<detail::wake_descriptor const> flag) {
  // It may be cleared again before this task goes on; that it was set is enough.
  co_await readable(flag->fd());
}

}  // namespace

process_event::process_event()
    : flag_(std::make_shared<detail::wake_descriptor const>(detail::wake_descriptor::make("make a process_event", false))) {}

void process_event::set() noexcept { flag_->set(); }
void process_event::clear() noexcept { flag_->clear(); }
bool process_event::is_set() const noexcept { return flag_->is_set(); }

task<> process_event::wait() { return until_set(flag_); }

void process_event::wait_blocking() {
  detail::check_may_block("wait_blocking");
  detail::block_until_readable(flag_->fd(), std::nullopt);
}

bool process_event::wait_blocking_for(clock::duration time) {
  detail::check_may_block("wait_blocking_for");
  return detail::block_until_readable(flag_->fd(), clock::now() + time);
}

void process_event::save(message_writer& out) const { out(flag_->owner()); }

void process_event::load(message_reader& in) {
  flag_ = std::make_shared<detail::wake_descriptor const>(detail::wake_descriptor::receive_from(in, "process_event"));
}

}  // namespace halka
