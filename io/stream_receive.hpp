// SPDX-License-Identifier: MIT
#pragma once

// How a task waits for bytes of a stream. There are three kinds, by where the bytes go:
//
//   std::string   into a string of their own (stream::read)
//   std::size_t   into the caller's memory (stream::read_some)
//   bool          behind what the stream's buffer holds (for what looks for a separator); false at the end of input
//
// From a socket, bytes for the first and the last come in a buffer that the backend lends when there is data, so that a connection
// which waits holds no memory; in bulk, when they fill such a buffer, the first kind receives into its string directly.

#include "../sched/awaitable.hpp"
#include "../sched/export.hpp"
#include "../sched/running.hpp"
#include "../sched/suspension.hpp"
#include "../sched/task_state.hpp"
#include "buffer.hpp"
#include "io_operation.hpp"
#include "stream_state.hpp"

#include <coroutine>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace halka {

class HALKA_API stream_receiver : public detail::own_awaiter, private suspension, private io_operation {
 public:
  bool await_ready();
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> h) {
    task_ = &detail::require_task();
    begin();  // it may throw, and then the task goes on
    task_->suspend_at(h.address(), detail::location_of(h));
    if (in_flight)
      task_->wait_on(*this);
    else
      task_->yield_to(detail::current.loop->ready());  // only the budget of the step is used up
  }

 protected:
  enum class target : unsigned char { text, memory, input };

  stream_receiver(stream_state& s, target t, mutable_buffer into, std::size_t wanted) noexcept
      : io_operation(completed), state_(&s), into_(into), wanted_(wanted), target_(t) {}
  ~stream_receiver();

  /// Throws if the task was cancelled or the stream has failed.
  void finish();

  stream_ptr state_;
  mutable_buffer into_;
  std::size_t wanted_;
  std::size_t received_ = 0;
  std::string text_;
  target target_;

 private:
  bool is_known() const noexcept;
  void begin();
  void use_own_memory();
  void deliver(std::size_t n);
  void take_result();
  void keep_bytes();
  bool cancel(std::string_view reason) override;
  void describe(wait_description& d) const override { d.what = "bytes from " + state_->name(); }
  static void completed(io_operation& op);

  task_state* task_ = nullptr;
  bool cancelled_ = false;
};

template <class Result>
class receive_awaiter final : public stream_receiver {
  static constexpr target kind = std::is_same_v<Result, std::string> ? target::text
                                 : std::is_same_v<Result, bool>      ? target::input
                                                                     : target::memory;

 public:
  receive_awaiter(stream_state& s, mutable_buffer into, std::size_t wanted) noexcept : stream_receiver(s, kind, into, wanted) {}

  Result await_resume() {
    finish();
    if constexpr (kind == target::text)
      return text_.empty() ? state_->input.take(wanted_) : std::move(text_);
    else if constexpr (kind == target::memory)
      return received_ > 0 ? received_ : state_->input.take_into(into_);
    else
      return received_ > 0;
  }
};

/// Waiting for bytes of a stream, to be awaited.
template <class Result>
class [[nodiscard("must co_await it")]] receive_operation {
 public:
  receive_operation(stream_state & s, mutable_buffer into, std::size_t wanted) noexcept
      : state_(&s), into_(into), wanted_(wanted) {}
  receive_awaiter<Result> operator co_await()&& noexcept { return receive_awaiter<Result>(*state_, into_, wanted_); }

 private:
  stream_ptr state_;
  mutable_buffer into_;
  std::size_t wanted_;
};

}  // namespace halka
