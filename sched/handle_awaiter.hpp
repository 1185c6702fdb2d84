// SPDX-License-Identifier: MIT
#pragma once

#include "awaitable.hpp"
#include "export.hpp"
#include "running.hpp"
#include "suspension.hpp"
#include "task_state.hpp"
#include "waiter.hpp"

#include <coroutine>
#include <string_view>
#include <utility>

namespace halka::detail {

/// Awaits the end of something that is shared: a task or a future. Cancelling who awaits cancels what is awaited, as in asyncio;
/// `shield` stands between the two where that is not wanted.
///
/// `Handle` has `check_awaitable()`, `done()`, `waiters()`, `cancel(reason)`, `yield<Result>()` and `describe(wait_description&)`.
template <class Handle, class Result>
class handle_awaiter final : public own_awaiter, private suspension, private waiter {
 public:
  explicit handle_awaiter(Handle handle) noexcept : waiter(ended), handle_(std::move(handle)) {}

  bool await_ready() {
    task_state const& self = require_task();
    handle_.check_awaitable(self);
    return handle_.done() && within_budget();
  }

  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> h) {
    task_ = detail::current.task;
    task_->suspend_at(h.address(), location_of(h));
    if (handle_.done()) return task_->yield_to(detail::current.loop->ready());
    handle_.waiters().add(*this);
    task_->wait_on(*this);
  }

  Result await_resume() {
    if (task_) task_->check_cancelled();
    return handle_.template yield<Result>();
  }

 private:
  bool cancel(std::string_view reason) override {
    if (handle_.cancel(reason)) return true;
    if (handle_.done()) return false;
    // What is awaited waits for this task: somebody has to let go.
    leave();
    task_->interrupt();
    return true;
  }
  void describe(wait_description& d) const override { handle_.describe(d); }
  static void ended(waiter& w) { static_cast<handle_awaiter&>(w).task_->wake(); }

  Handle handle_;
  task_state* task_ = nullptr;  // set if it suspended
};

}  // namespace halka::detail
