// SPDX-License-Identifier: MIT
#pragma once

#include "awaitable.hpp"
#include "promise_base.hpp"
#include "report.hpp"
#include "result_slot.hpp"
#include "running.hpp"

#include <concepts>
#include <coroutine>
#include <exception>
#include <memory>
#include <new>
#include <source_location>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace halka {

template <class T>
class task;

namespace detail {

/// Leaves a finished coroutine: to the one that awaits it, or, from the outermost, to the loop.
struct final_awaiter {
  bool await_ready() const noexcept { return false; }

  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) const noexcept {
    Promise& promise = h.promise();
    if (promise.continuation != 0) [[likely]]
      return transfer_to(promise.continuation_frame());
    promise.finish_task(h.address());
    return std::noop_coroutine();
  }
  void await_resume() const noexcept {}
};

/// The promise of task<T>.
template <class T>
class task_promise : public promise_base, public result_slot<T> {
 public:
  // The defaulted argument is the location of the coroutine itself.
  explicit task_promise(std::source_location here = std::source_location::current()) noexcept : promise_base(here) {}

  task<T> get_return_object() noexcept;
  std::suspend_always initial_suspend() const noexcept { return {}; }
  final_awaiter final_suspend() const noexcept { return {}; }

  template <class A>
  auto await_transform(A&& a, std::source_location here = std::source_location::current()) {
    where = here;
    return transform_awaitable(std::forward<A>(a));
  }

  void unhandled_exception() noexcept {
    this->set_exception(std::current_exception());
    record_trace(this->exception());
  }

  /// Moves the outcome to the control block of the task that this coroutine was the outermost of.
  void finish_task(void* frame) noexcept {
    task_state& t = *detail::current.task;
    if (this->exception()) [[unlikely]]
      return t.finish_with(frame, this->take_exception());
    t.finish(frame);
    if constexpr (!std::is_void_v<T>) {
      if (!t.value_wanted()) return;
      try {
        this->move_to(t);
      } catch (...) {
        t.finish_with(frame, std::current_exception());
      }
    }
  }
};

/// Awaits a child coroutine: runs it at once, by a jump, and comes back by a jump when it has returned. Owns its frame.
template <class T>
class child_awaiter : public own_awaiter {
 public:
  using promise = task_promise<T>;

  explicit child_awaiter(std::coroutine_handle<promise> child) noexcept : child_(child) {}
  ~child_awaiter() { child_.destroy(); }

  bool await_ready() const noexcept { return false; }

  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> parent) noexcept {
    child_.promise().continue_with(parent);
    detail::current.started = &child_.promise();
    return transfer_to(child_.address());
  }

  T await_resume() { return child_.promise().take(); }

 private:
  std::coroutine_handle<promise> child_;
};

/// Says that a coroutine was made and dropped without being awaited.
HALKA_API void report_never_awaited(std::source_location coroutine) noexcept;
[[noreturn]] HALKA_API void throw_empty_task();

}  // namespace detail

/// A coroutine that yields a T (any type: void, a reference, move-only) or an exception.
///
/// It is lazy: nothing runs until it is awaited, handed to `create_task` or to `run`. It is awaited once, as an rvalue. Dropping
/// one that was never awaited is reported, as in Python.
///
/// *Suspends*: awaiting it runs it at once, without a pass through the loop; the awaiting coroutine goes on when it has returned.
/// *Errors*: awaiting rethrows what left the coroutine; `std::logic_error` for a task that was moved from.
/// *Cancellation*: a cancelled task throws at the innermost `co_await`, and the exception goes out through every coroutine.
/// *Lifetime*: parameters taken by reference must live until the coroutine has returned.
/// *Thread safety*: made anywhere, run by one loop.
/// *Source*: Python's coroutine objects (`async def`).
template <class T = void>
class [[nodiscard("a task does nothing until it is awaited: co_await it, or hand it to create_task")]] task {
 public:
  using promise_type = detail::task_promise<T>;
  using value_type = T;

  task(task && other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  task& operator=(task&& other) noexcept {
    task(std::move(other)).swap(*this);
    return *this;
  }
  ~task() {
    if (frame_) drop();
  }

  /// False once it was awaited, handed over, or moved from.
  explicit operator bool() const noexcept { return frame_ != nullptr; }

  void swap(task & other) noexcept { std::swap(frame_, other.frame_); }

  detail::child_awaiter<T> operator co_await()&& {
    if (!frame_) [[unlikely]]
      detail::throw_empty_task();
    return detail::child_awaiter<T>(std::exchange(frame_, nullptr));
  }

  // -- for what runs tasks

  /// The frame, which stays this object's. *Errors*: `std::logic_error` if there is none.
  void* address() const {
    if (!frame_) [[unlikely]]
      detail::throw_empty_task();
    return frame_.address();
  }
  std::source_location name() const noexcept { return frame_.promise().name; }
  /// The frame belongs to somebody else from now on.
  void hand_over() noexcept { frame_ = nullptr; }

  /// Destroys a coroutine that will not be run after all, without a report.
  void discard() noexcept {
    if (frame_) std::exchange(frame_, nullptr).destroy();
  }

 private:
  friend promise_type;
  explicit task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}

  void drop() noexcept {
    // While an exception passes, dropping what it passes is nobody's mistake.
    if (std::uncaught_exceptions() == 0) detail::report_never_awaited(frame_.promise().name);
    frame_.destroy();
  }

  std::coroutine_handle<promise_type> frame_;
};

template <class T>
task<T> detail::task_promise<T>::get_return_object() noexcept {
  return task<T>(std::coroutine_handle<task_promise>::from_promise(*this));
}

}  // namespace halka
