// SPDX-License-Identifier: MIT
#pragma once

// The awaiters of a channel: how a task becomes a waiter of channel_base.hpp. Each tries first, and suspends only if that fails, in
// one critical section.

#include "../../sched/awaitable.hpp"
#include "../../sched/export.hpp"
#include "../../sched/runnable.hpp"
#include "../../sched/running.hpp"
#include "../../sched/suspension.hpp"
#include "../../sched/task_state.hpp"
#include "channel_state.hpp"

#include <coroutine>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

namespace halka::detail {

/// A task that waits in a channel.
class HALKA_API channel_task : public own_awaiter, protected channel_waiter, private suspension, private runnable {
 public:
  bool await_ready() const noexcept { return false; }

 protected:
  channel_task() noexcept : runnable{nullptr, arrived} {}
  ~channel_task() = default;

  /// The task is about to suspend in `line`. Called with the mutex held: from then on another thread may grant.
  template <class Promise>
  void stand_in(channel_line& line, std::coroutine_handle<Promise> h) {
    note_task(h);
    stand_in(line);
  }
  /// The task has all that it needs; it suspends for one pass only because the budget of its step is used up.
  template <class Promise>
  void have(phase p, std::coroutine_handle<Promise> h) {
    note_task(h);
    state = p;
    at_once_ = true;
  }
  /// Suspends, with the mutex free.
  void suspend();
  bool suspended() const noexcept { return task_ != nullptr; }
  void check_cancelled() { task_->check_cancelled(); }
  /// Whether it has suspended and not gone on.
  bool unsettled() const noexcept { return task_ && !settled_; }
  void settle() noexcept { settled_ = true; }

 private:
  template <class Promise>
  void note_task(std::coroutine_handle<Promise> h) {
    task_ = current.task;
    task_->suspend_at(h.address(), location_of(h));
  }
  void stand_in(channel_line& line);
  virtual bool withdraw() = 0;
  bool go_on(channel_alarm& alarm) noexcept override;
  bool cancel(std::string_view reason) override;
  static void arrived(runnable& r);

  task_state* task_ = nullptr;  // set if it suspended
  std::shared_ptr<mailbox> home_;
  bool at_once_ = false;  // it stands in no line
  bool settled_ = false;
};

template <class T>
class channel_send_awaiter final : public channel_task {
 public:
  using state_pointer = std::shared_ptr<channel_state<T>>;
  channel_send_awaiter(state_pointer&& shared, T&& item) : channel_(std::move(shared)), item_(std::move(item)) {}
  ~channel_send_awaiter() {
    if (unsettled()) withdraw();
  }

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> h) {
    require_task();
    {
      channel_alarm alarm;
      std::lock_guard const lock(channel_->mutex());
      if (channel_->closed()) throw_channel_closed();
      if (channel_->put(std::move(item_), alarm)) {
        if (within_budget()) return false;
        have(phase::granted, h);
      } else {
        value = &item_;
        stand_in(channel_->senders(), h);
      }
    }
    suspend();
    return true;
  }

  void await_resume() {
    if (!suspended()) return;
    settle();
    if (state == phase::granted) return;  // it has happened: a cancellation is delivered at the next suspension
    check_cancelled();
    if (state == phase::failed) std::rethrow_exception(error);
    throw_channel_closed();
  }

 private:
  bool withdraw() override { return channel_->withdraw(*this, channel_->senders()); }
  void describe(wait_description& d) const override {
    d.what = channel_->capacity() == 0 ? "a receiver of a channel" : "room in a channel";
  }

  state_pointer channel_;
  T item_;
};

template <class T>
class channel_receive_awaiter final : public channel_task {
 public:
  using state_pointer = std::shared_ptr<channel_state<T>>;
  explicit channel_receive_awaiter(state_pointer&& shared) noexcept : channel_(std::move(shared)) {}
  ~channel_receive_awaiter() {
    if (!unsettled() || withdraw()) return;
    if (state == phase::granted) channel_->give_back(*this);
  }

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> h) {
    require_task();
    {
      channel_alarm alarm;
      std::lock_guard const lock(channel_->mutex());
      bool const item = channel_->has_item(alarm);
      if (item || channel_->drained()) {
        if (within_budget()) {
          if (item) channel_->take_into(item_, false, alarm);
          return false;
        }
        have(phase::ended, h);
        if (item) channel_->promise_to(*this);
      } else {
        stand_in(channel_->receivers(), h);
      }
    }
    suspend();
    return true;
  }

  std::optional<T> await_resume() {
    if (!suspended()) return std::move(item_);
    check_cancelled();  // if it throws, the destructor gives back what was granted
    settle();
    if (state != phase::granted) return std::nullopt;
    channel_alarm alarm;
    std::lock_guard const lock(channel_->mutex());
    return channel_->take(true, alarm);
  }

 private:
  bool withdraw() override { return channel_->withdraw(*this, channel_->receivers()); }
  void describe(wait_description& d) const override { d.what = "an item of a channel"; }

  state_pointer channel_;
  std::optional<T> item_;
};

}  // namespace halka::detail
