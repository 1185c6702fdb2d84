// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/awaitable.hpp"
#include "../sched/event_loop.hpp"
#include "../sched/export.hpp"
#include "../sched/running.hpp"
#include "../sched/suspension.hpp"
#include "../sched/task_state.hpp"
#include "../sched/waiter.hpp"

#include <coroutine>
#include <string_view>
#include <utility>

namespace halka {

/// The right to move a file's position, which one task has at a time; first come, first served.
class file_turns {
 public:
  class turn;
  class operation;

  /// Waits for the turn. Yields a `turn`, which passes it on when it is destroyed.
  operation take() noexcept;

 private:
  class awaiter;

  void pass_on() {
    if (waiting_.empty())
      taken_ = false;
    else
      waiting_.notify_first();
  }

  waiter_list waiting_;
  bool taken_ = false;
};

class [[nodiscard]] file_turns::turn {
 public:
  explicit turn(file_turns& t) noexcept : turns_(&t) {}
  turn(turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)) {}
  turn& operator=(turn&&) = delete;
  ~turn() {
    if (turns_) turns_->pass_on();
  }

 private:
  file_turns* turns_;
};

class file_turns::awaiter final : public detail::own_awaiter, private suspension, private waiter {
 public:
  explicit awaiter(file_turns& t) noexcept : waiter(came), turns_(t) {}
  ~awaiter() {
    if (granted_) turns_.pass_on();
  }

  /// A turn that is free is taken at once, but not without end in one step of a task.
  bool await_ready() noexcept {
    if (turns_.taken_) return false;
    turns_.taken_ = granted_ = true;
    return detail::within_budget();
  }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> h) {
    task_ = &detail::require_task();
    task_->suspend_at(h.address(), detail::location_of(h));
    if (granted_) return task_->yield_to(detail::current.loop->ready());
    turns_.waiting_.add(*this);
    task_->wait_on(*this);
  }
  turn await_resume() {
    if (task_) task_->check_cancelled();
    granted_ = false;
    return turn(turns_);
  }

 private:
  bool cancel(std::string_view) override {
    leave();
    task_->interrupt();
    return true;
  }
  void describe(wait_description& d) const override { d.what = "its turn in a file"; }
  static void came(waiter& w) {
    auto& self = static_cast<awaiter&>(w);
    self.granted_ = true;
    self.task_->wake();
  }

  file_turns& turns_;
  task_state* task_ = nullptr;
  bool granted_ = false;
};

class [[nodiscard]] file_turns::operation {
 public:
  explicit operation(file_turns& t) noexcept : turns_(&t) {}
  awaiter operator co_await() && noexcept { return awaiter(*turns_); }

 private:
  file_turns* turns_;
};

inline file_turns::operation file_turns::take() noexcept { return operation(*this); }

}  // namespace halka
