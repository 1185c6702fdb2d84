// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/awaitable.hpp"
#include "../sched/export.hpp"
#include "../sched/running.hpp"
#include "../sched/suspension.hpp"
#include "../sched/task_state.hpp"
#include "io_operation.hpp"

#include <coroutine>
#include <string>
#include <string_view>

namespace halka {

namespace detail {

class HALKA_API readiness_awaiter final : public own_awaiter, private suspension, private io_operation {
 public:
  readiness_awaiter(int descriptor, unsigned wanted) noexcept;

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> h) {
    task_ = &require_task();
    begin();  // it may throw, and then the task goes on
    task_->suspend_at(h.address(), location_of(h));
    task_->wait_on(*this);
  }
  void await_resume();

 private:
  void begin();
  bool cancel(std::string_view reason) override;
  static void completed(io_operation& op);

  task_state* task_ = nullptr;
  std::string reason_;  // of the cancellation
};

}  // namespace detail

/// What `readable` and `writable` return.
class [[nodiscard("must co_await it")]] readiness_operation {
 public:
  readiness_operation(int fd, unsigned events) noexcept : fd_(fd), events_(events) {}
  detail::readiness_awaiter operator co_await()&& noexcept { return detail::readiness_awaiter(fd_, events_); }

 private:
  int fd_;
  unsigned events_;
};

/// Suspends until `fd` can be read without blocking: there is data, the end, a connection to accept, or an error to be read.
///
/// *Suspends*: always, for a pass at least.
/// *Errors*: `std::system_error` that names the descriptor (EBADF); `cancelled_error`.
/// *Cancellation*: nothing is lost; await it again.
/// *Lifetime*: the descriptor must stay open until the await is over.
/// *Source*: poll(2) with POLLIN; asyncio's loop.add_reader.
HALKA_API readiness_operation readable(int fd) noexcept;

/// Suspends until `fd` can be written without blocking, or writing would fail. Else as `readable`, with POLLOUT.
HALKA_API readiness_operation writable(int fd) noexcept;

}  // namespace halka
