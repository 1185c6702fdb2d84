// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/clock.hpp"
#include "../sched/compiler.hpp"
#include "../sched/task.hpp"
#include "body.hpp"
#include "cancel_scope.hpp"
#include "deadline.hpp"

#include <chrono>
#include <type_traits>
#include <utility>

namespace halka {

namespace detail {

template <class R>
struct moved_on {
  using type = value_if_any_t<R>;
};
template <>
struct moved_on<void> {
  using type = bool;
};

template <class Deadline, class F>
task<typename moved_on<scope_body_result_t<F>>::type> run_and_move_on(Deadline deadline, F body) {
  cancel_scope scope({.deadline = deadline.from(clock::now())});
  body_value<scope_body_result_t<F>> value;
  co_await run_body_in(scope, value, body);
  if constexpr (std::is_void_v<scope_body_result_t<F>>)
    co_return !scope.cancelled_caught();
  else
    co_return value.take_if_any();
}

}  // namespace detail

/// Runs `body()` or `body(scope)` in a `cancel_scope` that is cancelled after `delay`, counted from the `co_await`; then goes on
/// without an error.
///
/// *Suspends*: until the body has ended; every suspension in it throws once the time is up.
/// *Result*: what the body returns, as a `std::optional` (a reference as a pointer) that is empty if the time was up; of a body
/// that returns nothing, true if it ended by itself. *Errors*: what else leaves the body. A zero or negative delay cancels at the
/// body's first suspension. *Cancellation*: a cancellation from outside stays one. *Lifetime*: `body` is moved in.
/// *Source*: trio.move_on_after.
template <class Rep, class Period, class F>
requires detail::scope_body<std::decay_t<F>>
auto move_on_after(std::chrono::duration<Rep, Period> delay, F&& body) {
  detail::check_callable<F>();
  return detail::run_and_move_on<detail::deadline_in, std::decay_t<F>>({to_clock_duration(delay)}, std::forward<F>(body));
}

/// The same with a point on the loop's clock; `never` for no deadline.
template <class F>
requires detail::scope_body<std::decay_t<F>>
auto move_on_at(clock::time_point when, F&& body) {
  detail::check_callable<F>();
  return detail::run_and_move_on<detail::deadline_at, std::decay_t<F>>({when}, std::forward<F>(body));
}

}  // namespace halka
