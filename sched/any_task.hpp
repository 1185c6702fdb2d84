// SPDX-License-Identifier: MIT
#pragma once

#include "callback.hpp"
#include "export.hpp"
#include "frame_pool.hpp"
#include "task_state.hpp"
#include "waiter.hpp"

#include <concepts>
#include <cstdint>
#include <exception>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace halka {

/// Names a done callback, to remove it.
enum class callback_id : std::uint64_t {};

/// A task whatever its result type: what `current_task()` and `all_tasks()` give, and the part of `task_handle<T>` that does not
/// depend on T. Copyable; a copy refers to the same task. Dropping it never stops the task: the loop keeps it alive.
///
/// *Thread safety*: the loop's thread only.
/// *Source*: asyncio.Task.
class HALKA_API any_task {
 public:
  /// No task.
  any_task() noexcept = default;
  explicit any_task(task_state& t) noexcept : state_(&t) { t.retain(); }
  any_task(any_task const& other) noexcept : state_(other.state_) {
    if (state_) state_->retain();
  }
  any_task(any_task&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  any_task& operator=(any_task other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~any_task() {
    if (state_) state_->release();
  }

  /// Whether there is a task.
  explicit operator bool() const noexcept { return state_ != nullptr; }
  friend bool operator==(any_task const& a, any_task const& b) noexcept { return a.state_ == b.state_; }

  /// Counts from 1 in each loop, in the order of creation.
  std::uint64_t id() const noexcept { return state_ ? state_->id() : 0; }

  /// What `create_task` or `set_name` said, else "Task-" and the id.
  std::string name() const { return state().name(); }
  void set_name(std::string_view name) const { state().set_name(name); }

  bool done() const { return state().done(); }

  /// True if the task ended by cancellation.
  bool cancelled() const { return state().phase() == task_phase::cancelled; }

  /// "created", "ready", "running", "waiting", "finished", "succeeded", "failed" or "cancelled".
  task_phase phase() const { return state().phase(); }

  /// The failure; null for a task that succeeded. Counts as looking at it: it is then not reported.
  ///
  /// *Errors*: `invalid_state_error` before the end; `cancelled_error` if the task was cancelled.
  std::exception_ptr exception() const;

  /// Asks the task to stop: `cancelled_error` is thrown at the `co_await` where it waits, or at the next one at which it suspends.
  /// It may clean up, and it may refuse. A task that has not begun ends without beginning.
  ///
  /// *Result*: false if the task has ended; then nothing happens.
  bool cancel(std::string_view reason = {}) const { return state().cancel(reason); }

  /// How many requests to cancel have come, those of the blocks in which it is among them, less those that `uncancel` took back.
  unsigned cancelling() const { return state().cancelling(); }

  /// Takes one request of `cancel` back and tells how many are left; at zero, a request that was not delivered yet is forgotten.
  unsigned uncancel() const { return state().uncancel(); }

  /// Calls `fn` through the loop when the task has ended, in the order of registration; in the next pass if it has ended already.
  /// `fn` takes no argument or an `any_task`.
  template <class F>
  requires std::invocable<F> || std::invocable<F, any_task> callback_id add_done_callback(F&& fn)
  const {
    using function = std::decay_t<F>;
    if constexpr (std::invocable<F, any_task>) {
      auto bound = [call = function(std::forward<F>(fn)), self = *this]() mutable { call(std::move(self)); };
      return add_callback(*new detail::callback_of<decltype(bound)>(state().loop(), std::move(bound)));
    } else {
      return add_callback(*new detail::callback_of<function>(state().loop(), std::forward<F>(fn)));
    }
  }

  /// *Result*: 1 if the callback was registered and is not queued yet, else 0.
  std::size_t remove_done_callback(callback_id id) const;

  /// "'name' (id 3) running fetch (demo.cpp:12), waiting"
  std::string description() const;

  /// *Errors*: `std::logic_error` if there is no task.
  task_state& state() const {
    if (!state_) throw_empty();
    return *state_;
  }

 protected:
  /// For a constructor that takes a reference over.
  struct adopt {};
  any_task(task_state& t, adopt) noexcept : state_(&t) {}
  /// Throws what stands in the way of a result.
  void check_result() const;

 private:
  [[noreturn]] static void throw_empty();
  callback_id add_callback(callback& c) const;

  task_state* state_ = nullptr;
};

/// The task whose step this is; none in callbacks and outside of a loop.
///
/// *Source*: asyncio.current_task.
HALKA_API any_task current_task() noexcept;

/// The tasks of the running loop that have not ended, in the order of their creation.
///
/// *Errors*: `std::logic_error` outside of a loop.
/// *Source*: asyncio.all_tasks.
HALKA_API std::vector<any_task> all_tasks();

}  // namespace halka
