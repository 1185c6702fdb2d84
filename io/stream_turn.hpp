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
#include <utility>

namespace halka {

/// The right to send over a stream, for something that takes more than one operation. It passes on when this is destroyed.
class stream_turn {
 public:
  explicit stream_turn(stream_ptr s) noexcept : state_(std::move(s)) {}
  stream_turn(stream_turn&&) noexcept = default;
  stream_turn& operator=(stream_turn&&) = delete;
  ~stream_turn() {
    if (state_) state_->pass_on();
  }

 private:
  stream_ptr state_;
};

/// Waits for the turn, behind those who came before. Yields a `stream_turn`.
class HALKA_API stream_turn_awaiter final : public detail::own_awaiter, private suspension, private waiter {
 public:
  explicit stream_turn_awaiter(stream_state& s) noexcept : waiter(has_turn), state_(&s) {}
  ~stream_turn_awaiter() {
    if (granted_) state_->pass_on();
  }

  bool await_ready() noexcept {
    if (state_->sending()) return false;
    grant();
    return true;
  }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> h) {
    task_ = &detail::require_task();
    task_->suspend_at(h.address(), detail::location_of(h));
    state_->wait_for_turn(*this);
    task_->wait_on(*this);
  }
  stream_turn await_resume() {
    if (task_) task_->check_cancelled();
    granted_ = false;
    return stream_turn(state_);
  }

 private:
  void grant() noexcept {
    state_->claim(nullptr);
    granted_ = true;
  }
  bool cancel(std::string_view) override {
    leave();
    task_->interrupt();
    return true;
  }
  void describe(wait_description& d) const override { d.what = "its turn to write to " + state_->name(); }
  static void has_turn(waiter& w) {
    auto& self = static_cast<stream_turn_awaiter&>(w);
    self.grant();
    self.task_->wake();
  }

  stream_ptr state_;
  task_state* task_ = nullptr;
  bool granted_ = false;
};

class [[nodiscard]] stream_turn_operation {
 public:
  explicit stream_turn_operation(stream_state& s) noexcept : state_(&s) {}
  stream_turn_awaiter operator co_await() && noexcept { return stream_turn_awaiter(*state_); }

 private:
  stream_state* state_;
};

}  // namespace halka
