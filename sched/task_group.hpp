// SPDX-License-Identifier: MIT
#pragma once

#include "any_task.hpp"
#include "awaitable.hpp"
#include "cancel_request.hpp"
#include "create_task.hpp"
#include "export.hpp"
#include "suspension.hpp"
#include "task_handle.hpp"

#include <coroutine>
#include <cstddef>
#include <exception>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace halka {

/// Tasks that end together: what the body of `with_task_group` is given.
///
/// The group waits for all of its tasks. When one fails, the others and the body are cancelled, and all errors arrive as one
/// `exception_group`. A child that is cancelled, or that swallows its cancellation, is not an error.
///
/// The states, in order:
///   open      tasks can be created
///   aborting  a failure, a cancellation from outside or `cancel()`: every child was asked to stop, no task can be created
///   finished  all have ended
///
/// *Thread safety*: the loop's thread only.
/// *Source*: asyncio.TaskGroup.
class HALKA_API task_group : private task_owner, private cancel_request {
 public:
  /// Starts a coroutine as a child.
  ///
  /// *Errors*: `std::logic_error` when the group is aborting ("is shutting down") or finished; the coroutine is then destroyed
  /// unrun.
  template <class T>
  task_handle<T> create_task(task<T> coroutine, task_options const& options = {},
                             std::source_location here = std::source_location::current()) {
    if (!accepts()) {
      coroutine.discard();
      refuse();
    }
    make_room();  // before there is a task that could not be added
    task_state& t = detail::make_task(loop(), coroutine, options, here);
    auto handle = task_handle<T>::adopting(t);
    add(t);
    detail::start_task(loop(), t, options);
    return handle;
  }

  /// Starts `fn(args...)` as a child; `fn` and `args` live as long as it does.
  template <class F, class... Args>
  requires makes_task<F, Args...> task_handle<made_value_t<F, Args...>> spawn(F&& fn, Args&&... args) {
    return create_task(bind_task(std::forward<F>(fn), std::forward<Args>(args)...));
  }

  /// Ends the group early, without an error: cancels the children and the body; `with_task_group` returns when they have ended.
  /// Harmless when called again or when the group has ended.
  ///
  /// *Source*: asyncio.TaskGroup.cancel (3.15).
  void cancel();

  /// The children that have not ended.
  std::size_t size() const noexcept { return live_; }

  task_group(task_group const&) = delete;
  task_group& operator=(task_group const&) = delete;

 protected:
  /// The group of the task that runs.
  task_group();
  ~task_group();

  bool empty() const noexcept { return live_ == 0; }
  /// The body has ended, with this exception if not null.
  void body_ended(std::exception_ptr const& e);
  /// Waiting for the children was interrupted.
  void wait_cancelled(std::exception_ptr e);
  /// All have ended: throws what the group ends with; returns if it ends well. True if it was left by `cancel()`.
  bool finish();

  class wait_awaiter;
  class wait_operation;
  /// Suspends until the last child has been seen to end; throws when the parent is cancelled.
  wait_operation wait_for_children() noexcept;

 private:
  event_loop& loop() const noexcept { return parent_.loop(); }
  bool accepts() const noexcept { return !aborting_ && !finished_; }
  [[noreturn]] void refuse() const;
  void make_room();
  void add(task_state& t) noexcept;
  void remove(task_state& t) noexcept;
  void close_gaps() noexcept;
  void abort();
  static bool child_ended(task_owner& owner, task_state& t);
  static void child_done(task_owner& owner, task_state& t);

  std::string cancel_reason() const override;

  task_state& parent_;
  std::vector<task_state*> children_;  // each knows its index; null where one has ended, so that ending touches no other
  std::size_t live_ = 0;
  std::vector<std::exception_ptr> errors_;
  std::exception_ptr body_error_;
  std::exception_ptr cancellation_;  // from outside, thrown in the end
  std::exception_ptr interrupt_;     // a keyboard_interrupt is not wrapped
  task_state* waiting_ = nullptr;    // the parent, in wait_for_children
  bool body_running_ = true;
  bool aborting_ = false;
  bool finished_ = false;
  bool cancel_called_ = false;
};

class HALKA_API task_group::wait_awaiter final : public detail::own_awaiter, private suspension {
 public:
  explicit wait_awaiter(task_group& g) noexcept : group_(g) {}

  bool await_ready() const noexcept { return group_.empty(); }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> h) {
    group_.parent_.suspend_at(h.address(), detail::location_of(h));
    group_.waiting_ = &group_.parent_;
    suspended_ = true;
    group_.parent_.wait_on(*this);
  }
  void await_resume() {
    if (!suspended_) return;
    group_.waiting_ = nullptr;
    group_.parent_.check_cancelled();
  }

 private:
  bool cancel(std::string_view reason) override;
  void describe(wait_description& d) const override;
  task_group& group_;
  bool suspended_ = false;
};

class [[nodiscard]] task_group::wait_operation {
 public:
  explicit wait_operation(task_group& g) noexcept : group_(&g) {}
  wait_awaiter operator co_await() && noexcept { return wait_awaiter(*group_); }

 private:
  task_group* group_;
};

inline task_group::wait_operation task_group::wait_for_children() noexcept { return wait_operation(*this); }

}  // namespace halka
