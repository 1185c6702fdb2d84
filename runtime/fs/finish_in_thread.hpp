// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/errors.hpp"
#include "../default_executor.hpp"
#include "../thread_job.hpp"

#include <coroutine>
#include <memory>
#include <stop_token>
#include <string_view>
#include <type_traits>
#include <utility>

namespace halka::detail {

/// Waits for a call on a worker thread to the end, also when the task is cancelled: that only fires the call's stop token.
template <class R>
class finishing_awaiter final : public own_awaiter, private suspension {
 public:
  finishing_awaiter(std::stop_source stop, std::unique_ptr<thread_job_of<R>> job) noexcept
      : stop_(std::move(stop)), job_(job.release()) {}
  ~finishing_awaiter() {
    if (!task_ || job_->has_arrived()) {
      delete job_;
    } else {
      stop_.request_stop();
      job_->abandon();
    }
  }

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> h) {
    task_state& task = require_task();
    job_->begin(default_executor().workers(), task);
    task_ = &task;
    task.suspend_at(h.address(), location_of(h));
    task.wait_on(*this);
  }
  /// A call that returned has happened, and a cancellation comes at the next suspension; one that gave up was cancelled.
  R await_resume() {
    try {
      return job_->take();
    } catch (cancelled_error const&) {
      task_->check_cancelled();
      throw;
    }
  }

 private:
  bool cancel(std::string_view) override {
    stop_.request_stop();
    return false;
  }
  void describe(wait_description& d) const override { d.what = "a call on a worker thread"; }

  std::stop_source stop_;
  thread_job_of<R>* job_;
  task_state* task_ = nullptr;  // set once the call is queued
};

template <class R>
class [[nodiscard]] finishing_operation {
 public:
  finishing_operation(std::stop_source stop, std::unique_ptr<thread_job_of<R>> job) noexcept
      : stop_(std::move(stop)), job_(std::move(job)) {}
  finishing_awaiter<R> operator co_await() && { return finishing_awaiter<R>(std::move(stop_), std::move(job_)); }

 private:
  std::stop_source stop_;
  std::unique_ptr<thread_job_of<R>> job_;
};

/// Calls `fn(stop_token, args...)` on a worker thread and waits until it has returned, so that nothing goes on behind the caller's
/// back. The call looks at the token between its steps, cleans up and throws `cancelled_error` when it has fired.
template <class F, class... Args>
auto finish_in_thread(F fn, Args... args) {
  using R = std::invoke_result_t<F, std::stop_token, Args...>;
  std::stop_source stop;
  auto job = std::make_unique<bound_thread_job<R, F, std::stop_token, Args...>>(fn, stop.get_token(), std::move(args)...);
  return finishing_operation<R>(std::move(stop), std::move(job));
}

}  // namespace halka::detail
