// SPDX-License-Identifier: MIT
#pragma once

// How a task awaits one operation of the kernel. What the operation is, a request says: a small type per operation (io/ops/) with
//
//   result_type             what co_await yields
//   prepare(io_operation&)  fills the operation in; the request stays where it is until the end, so addresses inside it may be used
//   finish(io_operation&)   turns the result into the value, or throws
//
// Cancellation: the kernel is asked to give the operation up, and the task resumes with the operation's own completion. Given up
// means cancelled_error. If the operation happened all the same, its result is returned and the cancellation is delivered at the
// next suspension: an operation has either happened or was cancelled, never both. While a cancellation is pending none begins: else
// a task whose operations all happen at once would never be cancelled.

#include "../sched/awaitable.hpp"
#include "../sched/export.hpp"
#include "../sched/running.hpp"
#include "../sched/suspension.hpp"
#include "../sched/task_state.hpp"
#include "io_operation.hpp"

#include <coroutine>
#include <string>
#include <string_view>
#include <utility>

namespace halka {

namespace detail {

class HALKA_API operation_awaiter : public own_awaiter, private suspension, protected io_operation {
 public:
  bool await_ready() const noexcept { return false; }

  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> h) {
    task_ = &require_task();
    never_begun_ = task_->cancel_due() && !refuses_cancellation_;
    if (!never_begun_) begin();  // it may throw, and then the task goes on
    task_->suspend_at(h.address(), location_of(h));
    task_->wait_on(*this);
  }

 protected:
  operation_awaiter() noexcept : io_operation(completed) {}
  ~operation_awaiter() = default;

  /// Throws if the operation was given up.
  void check_given_up() {
    if (given_up_) [[unlikely]]
      task_->check_cancelled();
  }
  /// For operations that can be repeated without a loss: a cancellation wins over the result.
  void let_cancellation_win() noexcept { cancellation_wins_ = true; }
  /// For operations that must happen: a cancellation waits for them.
  void refuse_cancellation() noexcept { refuses_cancellation_ = true; }

 private:
  void begin();
  bool begin_again() noexcept;
  bool cancel(std::string_view reason) override;
  void describe(wait_description& d) const override;
  static void completed(io_operation& op);

  task_state* task_ = nullptr;
  bool given_up_ = false;
  bool never_begun_ = false;  // a cancellation was pending
  bool cancellation_wins_ = false;
  bool refuses_cancellation_ = false;
};

template <class Request>
class request_awaiter final : public operation_awaiter {
 public:
  explicit request_awaiter(Request&& request) : request_(std::move(request)) {
    request_.prepare(*this);
    if constexpr (requires { Request::repeatable; }) let_cancellation_win();
    if constexpr (requires { Request::must_happen; }) refuse_cancellation();
  }
  typename Request::result_type await_resume() {
    check_given_up();
    return request_.finish(*this);
  }

 private:
  Request request_;
};

/// Throws the error of an operation: "read fd 7: Bad file descriptor". `error` is an errno, of either sign.
[[noreturn]] HALKA_API void throw_io_error(int error, std::string const& what);

inline void check_io_result(int result, char const* operation, int fd) {
  if (result < 0) [[unlikely]]
    throw_io_error(result, std::string(operation) + " fd " + std::to_string(fd));
}

inline void check_io_result(int result, char const* operation, std::string const& object) {
  if (result < 0) [[unlikely]]
    throw_io_error(result, std::string(operation) + ' ' + object);
}

}  // namespace detail

/// An operation of the kernel, to be awaited: what the functions in `halka::io` return.
template <class Request>
class [[nodiscard("must co_await it: the operation begins when it is awaited")]] operation {
 public:
  explicit operation(Request && request) noexcept : request_(std::move(request)) {}
  detail::request_awaiter<Request> operator co_await()&& { return detail::request_awaiter<Request>(std::move(request_)); }

 private:
  Request request_;
};

}  // namespace halka
