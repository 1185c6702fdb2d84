// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/awaitable.hpp"
#include "../sched/export.hpp"
#include "../sched/running.hpp"
#include "../sched/suspension.hpp"
#include "../sched/task_state.hpp"
#include "../sched/waiter.hpp"
#include "stream_state.hpp"

#include <coroutine>
#include <string_view>

namespace halka {

/// Waits until the output of a stream has ended, or its descriptor is closed.
class HALKA_API stream_end_awaiter final : public detail::own_awaiter, private suspension, private waiter {
 public:
  stream_end_awaiter(stream_ptr const& state, bool of_output) noexcept : waiter(has_ended), state_(state), of_output_(of_output) {}

  bool await_ready() const noexcept { return !state_ || state_->is_gone() || (of_output_ && state_->output_ended()); }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> h) {
    task_ = &detail::require_task();
    task_->suspend_at(h.address(), detail::location_of(h));
    state_->end_waiters().add(*this);
    task_->wait_on(*this);
  }
  void await_resume() {
    if (task_) task_->check_cancelled();
  }

 private:
  bool cancel(std::string_view) override {
    leave();
    task_->interrupt();
    return true;
  }
  void describe(wait_description& d) const override {
    d.what = (of_output_ ? "the end of the output to " : "the close of ") + state_->name();
  }
  static void has_ended(waiter& w) { static_cast<stream_end_awaiter&>(w).task_->wake(); }

  stream_ptr state_;
  bool of_output_;
  task_state* task_ = nullptr;
};

/// What `stream::close` and `stream::write_eof` return. Both begin when they are called; awaiting waits until they are through.
class stream_end_operation {
 public:
  stream_end_operation(stream_ptr state, bool of_output) noexcept : state_(std::move(state)), of_output_(of_output) {}
  stream_end_awaiter operator co_await() && noexcept { return stream_end_awaiter(state_, of_output_); }

 private:
  stream_ptr state_;
  bool of_output_;
};

}  // namespace halka
