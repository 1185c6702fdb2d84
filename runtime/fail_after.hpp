// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/clock.hpp"
#include "../sched/compiler.hpp"
#include "../sched/errors.hpp"
#include "../sched/task.hpp"
#include "body.hpp"
#include "cancel_scope.hpp"
#include "deadline.hpp"

#include <chrono>
#include <type_traits>
#include <utility>

namespace halka {

namespace detail {

template <class Deadline, class F>
task<scope_body_result_t<F>> run_or_fail(Deadline deadline, F body) {
  cancel_scope scope({.deadline = deadline.from(clock::now())});
  body_value<scope_body_result_t<F>> value;
  co_await run_body_in(scope, value, body);
  if (scope.cancelled_caught()) throw timeout_error();
  co_return value.take();
}

}  // namespace detail

/// Runs `body()` or `body(scope)` in a `cancel_scope` that is cancelled after `delay`, counted from the `co_await`; if that ends
/// the body, it has failed. The block `timeout`, by contrast, interrupts its body once.
///
/// *Suspends*: until the body has ended; every suspension in it throws once the time is up.
/// *Result*: what the body returns. *Errors*: `timeout_error` if the scope's cancellation leaves the body; else what leaves it.
/// A zero or negative delay cancels at the body's first suspension. *Cancellation*: a cancellation from outside stays one.
/// *Lifetime*: `body` is moved in.
/// *Source*: trio.fail_after.
template <class Rep, class Period, class F>
requires detail::scope_body<std::decay_t<F>>
auto fail_after(std::chrono::duration<Rep, Period> delay, F&& body) {
  detail::check_callable<F>();
  return detail::run_or_fail<detail::deadline_in, std::decay_t<F>>({to_clock_duration(delay)}, std::forward<F>(body));
}

/// The same with a point on the loop's clock; `never` for no deadline.
template <class F>
requires detail::scope_body<std::decay_t<F>>
auto fail_at(clock::time_point when, F&& body) {
  detail::check_callable<F>();
  return detail::run_or_fail<detail::deadline_at, std::decay_t<F>>({when}, std::forward<F>(body));
}

}  // namespace halka
