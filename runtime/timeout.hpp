// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/cancel_request.hpp"
#include "../sched/clock.hpp"
#include "../sched/compiler.hpp"
#include "../sched/event_loop.hpp"
#include "../sched/export.hpp"
#include "../sched/task.hpp"
#include "../sched/task_state.hpp"
#include "as_task.hpp"
#include "body.hpp"
#include "deadline.hpp"

#include <chrono>
#include <exception>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

namespace halka {

/// The deadline of a `timeout` block.
///
///   active    the body runs, or the deadline is off
///   expiring  the deadline has come, the body was cancelled and is ending
///   expired   left because of the deadline
///   finished  left otherwise
///
/// *Source*: asyncio.Timeout.
class HALKA_API timeout_scope : private timer, private cancel_request {
 public:
  /// Moves the deadline; `never` switches it off; one in the past fires in the next pass.
  ///
  /// *Errors*: `std::logic_error` if the scope is expiring, expired or finished.
  void reschedule(clock::time_point when);
  /// The deadline; `never` if there is none.
  clock::time_point when() const noexcept { return when_; }
  /// True from the moment the deadline came while the body ran.
  bool expired() const noexcept { return phase_ == phase::expiring || phase_ == phase::expired; }

  timeout_scope(timeout_scope const&) = delete;
  timeout_scope& operator=(timeout_scope const&) = delete;

 protected:
  /// Enters the block, in the task that runs.
  timeout_scope(clock::time_point when, clock::time_point now);
  ~timeout_scope();
  /// Leaves the block with what left the body, null for nothing: throws what leaves the block.
  void leave(std::exception_ptr e);

 private:
  enum class phase : unsigned char { active, expiring, expired, finished };
  static void deadline_came(timer& t);
  void set_deadline(clock::time_point now);
  void remove_deadline() noexcept;

  std::string cancel_reason() const override;

  task_state& task_;
  clock::time_point when_;
  clock::time_point entered_;
  timer_handle soon_;  // instead of the timer, for a deadline that has passed when it is set
  phase phase_ = phase::active;
};

namespace detail {

struct open_timeout : timeout_scope {
  template <class Deadline>
  explicit open_timeout(Deadline d, clock::time_point now = clock::now()) : timeout_scope(d.from(now), now) {}
  using timeout_scope::leave;
};

template <class F>
concept timeout_body = std::invocable<F&, timeout_scope&> || std::invocable<F&>;

template <class Deadline, class F>
requires std::invocable<F&, timeout_scope&> task<body_result_t<F, timeout_scope&>> run_with_timeout(Deadline deadline, F body) {
  open_timeout scope(deadline);
  body_value<body_result_t<F, timeout_scope&>> value;
  std::exception_ptr error;
  try {
    co_await run_body(value, body, static_cast<timeout_scope&>(scope));
  } catch (...) {
    error = std::current_exception();
  }
  scope.leave(std::move(error));
  co_return value.take();
}

template <class Deadline, class F>
requires(!std::invocable<F&, timeout_scope&> && std::invocable<F&>) task<body_result_t<F>> run_with_timeout(Deadline deadline,
                                                                                                            F body) {
  return run_with_timeout(deadline, [body = std::move(body)](timeout_scope&) mutable { return std::invoke(body); });
}

template <class A>
task<await_result_t<A>> await_with_timeout(deadline_in deadline, A awaitable) {
  if constexpr (is_task_v<A>) {
    if (deadline.delay <= clock::duration::zero()) {
      awaitable.discard();  // it does not begin
      throw timeout_error();
    }
  }
  open_timeout scope(deadline);
  body_value<await_result_t<A>> value;
  std::exception_ptr error;
  try {
    if constexpr (std::is_void_v<await_result_t<A>>)
      co_await std::move(awaitable);
    else
      value.set(co_await std::move(awaitable));
  } catch (...) {
    error = std::current_exception();
  }
  scope.leave(std::move(error));
  co_return value.take();
}

}  // namespace detail

/// Runs `body()` or `body(scope)` and cancels it if it has not ended after `delay`, counted from the `co_await`.
///
/// *Suspends*: until the body has ended; a body that cleans up after the deadline is waited for.
/// *Result*: what the body returns; it may be a coroutine or a plain function. A body that swallows its cancellation and returns
/// has no error; `scope.expired()` tells. *Errors*: `timeout_error` if the deadline's cancellation leaves the body; else what
/// leaves it. A zero or negative delay fires at the body's first suspension, never before; `clock::duration::max()` never.
/// *Cancellation*: a cancellation from outside stays one.
/// *Lifetime*: `body` is moved in.
/// *Source*: asyncio.timeout.
template <class Rep, class Period, class F>
requires detail::timeout_body<std::decay_t<F>>
auto timeout(std::chrono::duration<Rep, Period> delay, F&& body) {
  detail::check_callable<F>();
  return detail::run_with_timeout<detail::deadline_in, std::decay_t<F>>({to_clock_duration(delay)}, std::forward<F>(body));
}

/// The same with a point on the loop's clock; `never` for no deadline.
template <class F>
requires detail::timeout_body<std::decay_t<F>>
auto timeout_at(clock::time_point when, F&& body) {
  detail::check_callable<F>();
  return detail::run_with_timeout<detail::deadline_at, std::decay_t<F>>({when}, std::forward<F>(body));
}

/// Awaits with a deadline: what is awaited is cancelled after `delay`, counted from the `co_await`, and waited for.
///
/// *Result*: what the awaitable yields, also if it swallowed its cancellation.
/// *Errors*: `timeout_error`; else what the awaitable throws. With a zero or negative delay a coroutine is not begun.
/// *Cancellation*: cancelling who waits cancels what is awaited.
/// *Source*: asyncio.wait_for.
template <detail::storable_awaitable A, class Rep, class Period>
auto wait_for(A&& awaitable, std::chrono::duration<Rep, Period> delay) {
  return detail::await_with_timeout<std::decay_t<A>>({to_clock_duration(delay)}, std::forward<A>(awaitable));
}

}  // namespace halka
