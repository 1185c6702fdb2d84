// SPDX-License-Identifier: MIT
#pragma once

// How a task sends bytes over a stream: it takes the turn or waits for it, hands its buffers to the kernel until all is taken, and
// gives the turn on. stream_state.hpp tells how turns go.

#include "../sched/awaitable.hpp"
#include "../sched/export.hpp"
#include "../sched/running.hpp"
#include "../sched/suspension.hpp"
#include "../sched/task_state.hpp"
#include "../sched/waiter.hpp"
#include "buffer.hpp"
#include "io_operation.hpp"
#include "stream_state.hpp"

#include <array>
#include <coroutine>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

struct msghdr;

namespace halka {

/// The part that does not depend on the number of buffers.
class HALKA_API stream_sender : public detail::own_awaiter, private suspension, private waiter, private io_operation {
 public:
  bool await_ready();
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> h) {
    task_ = &detail::require_task();
    task_->suspend_at(h.address(), detail::location_of(h));
    begin();  // it may throw, and then the task goes on
  }
  void await_resume();

 protected:
  explicit stream_sender(stream_state& s) noexcept;
  ~stream_sender();

  /// The buffers, which the sender shortens as they are sent.
  void set_buffers(std::span<const_buffer> all) noexcept { unsent_ = all; }

 private:
  void begin();
  void send_more();
  void advance(std::size_t n) noexcept;
  void end(bool interrupted) noexcept;
  void interrupt() noexcept;
  bool cancel(std::string_view reason) override;
  void describe(wait_description& d) const override { d.what = (linked() ? "its turn to write to " : "room at ") + state_->name(); }
  static void has_turn(waiter& w);
  static void completed(io_operation& op);

  stream_ptr state_;
  std::span<const_buffer> unsent_;
  task_state* task_ = nullptr;
  std::unique_ptr<msghdr> message_;
  bool has_turn_ = false;
  bool never_begun_ = false;  // a cancellation was pending
  bool cancelled_ = false;
  bool interrupted_ = false;
  bool began_sending_ = false;
  int error_ = 0;
};

template <std::size_t N>
class send_awaiter final : public stream_sender {
 public:
  send_awaiter(stream_state& s, std::array<const_buffer, N> const& buffers) noexcept : stream_sender(s), buffers_(buffers) {
    set_buffers(buffers_);
  }

 private:
  std::array<const_buffer, N> buffers_;
};

class send_list_awaiter final : public stream_sender {
 public:
  send_list_awaiter(stream_state& s, std::span<const_buffer const> list) : stream_sender(s), buffers_(list.begin(), list.end()) {
    set_buffers(buffers_);
  }

 private:
  std::vector<const_buffer> buffers_;
};

/// Sending N buffers, to be awaited.
template <std::size_t N>
class [[nodiscard("must co_await it")]] send_operation {
 public:
  send_operation(stream_state & s, std::array<const_buffer, N> const& buffers) noexcept : state_(&s), buffers_(buffers) {}
  send_awaiter<N> operator co_await()&& noexcept { return send_awaiter<N>(*state_, buffers_); }

 private:
  stream_ptr state_;
  std::array<const_buffer, N> buffers_;
};

/// Sending a list of buffers, to be awaited.
class [[nodiscard("must co_await it")]] send_list_operation {
 public:
  send_list_operation(stream_state & s, std::span<const_buffer const> list) noexcept : state_(&s), list_(list) {}
  send_list_awaiter operator co_await()&& { return send_list_awaiter(*state_, list_); }

 private:
  stream_ptr state_;
  std::span<const_buffer const> list_;
};

}  // namespace halka
