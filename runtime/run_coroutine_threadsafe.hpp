// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/create_task.hpp"
#include "../sched/errors.hpp"
#include "../sched/event_loop.hpp"
#include "../sched/task.hpp"

#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace halka {

namespace detail {

/// A coroutine on its way to another thread's loop, and the task that it becomes there.
template <class T>
class sent_task {
 public:
  explicit sent_task(task<T> coroutine) : coroutine_(std::move(coroutine)) {}
  ~sent_task() { coroutine_.discard(); }  // the loop ended before it began

  std::future<T> get_future() { return promise_.get_future(); }

  // -- in the loop's thread

  static void start(std::shared_ptr<sent_task> const& self) {
    start(self, [](any_task const&) {});
  }
  /// `began(task)` is called before the task runs, and what it has added is called back before the result is set.
  template <class F>
  static void start(std::shared_ptr<sent_task> const& self, F began) {
    if (self->cancelled_) return self->fail(std::make_exception_ptr(cancelled_error(self->reason_)));
    try {
      self->handle_ = create_task(std::move(self->coroutine_));
      began(self->handle_);
      self->handle_.add_done_callback([self] { self->finish(); });
    } catch (...) {
      if (task_handle<T> const begun = std::exchange(self->handle_, {})) begun.cancel();
      self->fail(std::current_exception());
    }
  }
  void cancel(std::string reason) {
    cancelled_ = true;
    reason_ = std::move(reason);
    if (handle_) handle_.cancel(reason_);
  }
  void fail(std::exception_ptr e) { promise_.set_exception(std::move(e)); }

 private:
  void finish() {
    task_handle<T> const handle = std::exchange(handle_, {});  // the last holder of this object may be another thread
    handle.state().mark_retrieved();
    if (std::exception_ptr e = handle.state().exception()) return fail(std::move(e));
    if constexpr (std::is_void_v<T>)
      promise_.set_value();
    else
      promise_.set_value(task_handle<T>(handle).template yield<T>());
  }

  task<T> coroutine_;
  std::promise<T> promise_;
  task_handle<T> handle_;
  std::string reason_;
  bool cancelled_ = false;
};

}  // namespace detail

/// The result of a coroutine that runs in another thread's loop: a `std::future<T>` that can also cancel it.
template <class T>
class threadsafe_future : public std::future<T> {
 public:
  threadsafe_future() noexcept = default;
  threadsafe_future(std::shared_ptr<detail::sent_task<T>> const& sent, event_loop& loop)
      : std::future<T>(sent->get_future()), sent_(sent), loop_(&loop) {}

  /// Asks the task to stop; `get()` then throws `cancelled_error`, unless the task has ended or refuses.
  ///
  /// *Lifetime*: as long as the loop exists.
  /// *Thread safety*: any thread.
  void cancel(std::string_view reason = {}) {
    auto const sent_to = sent_.lock();
    if (!sent_to) return;  // it has ended
    loop_->call_soon_threadsafe([sent = sent_to, text = std::string(reason)]() mutable { sent->cancel(std::move(text)); });
  }

 private:
  std::weak_ptr<detail::sent_task<T>> sent_;  // the loop's; what it drops must not live on here
  event_loop* loop_ = nullptr;
};

/// Starts a coroutine as a task of a loop that runs in another thread.
///
/// *Result*: a future for the calling thread. A `get()` that is given up does not cancel the task; `cancel()` does. If the loop
/// ends before the task began, `get()` throws `std::future_error` (broken promise). *Errors*: `std::logic_error` if the loop is
/// closed. *Lifetime*: the loop must exist during the call. *Thread safety*: any thread; waiting for the future in the loop's own
/// thread would never end. *Source*: asyncio.run_coroutine_threadsafe.
template <class T>
threadsafe_future<T> run_coroutine_threadsafe(task<T> coroutine, event_loop& loop) {
  auto sent = std::make_shared<detail::sent_task<T>>(std::move(coroutine));
  threadsafe_future<T> result(sent, loop);
  loop.call_soon_threadsafe([sent = std::move(sent)] { detail::sent_task<T>::start(sent); });
  return result;
}

}  // namespace halka
