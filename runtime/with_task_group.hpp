// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/compiler.hpp"
#include "../sched/task.hpp"
#include "../sched/task_group.hpp"
#include "body.hpp"

#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace halka {

namespace detail {

/// The group of one `with_task_group`.
struct open_group : task_group {
  open_group() = default;
  using task_group::body_ended;
  using task_group::empty;
  using task_group::finish;
  using task_group::wait_cancelled;
  using task_group::wait_for_children;
};

/// Waits for the children, also while being cancelled, and ends the group.
HALKA_API task<> leave_group(open_group& group);

template <class F>
task<body_result_t<F, task_group&>> run_group(F body) {
  using R = body_result_t<F, task_group&>;
  open_group group;
  task<> leaving = leave_group(group);  // made now: when there are children, nothing may fail before they have ended
  body_value<R> value;
  std::exception_ptr error;
  try {
    co_await run_body(value, body, static_cast<task_group&>(group));
  } catch (...) {
    error = std::current_exception();
  }
  group.body_ended(error);
  co_await std::move(leaving);
  co_return value.take();
}

}  // namespace detail

/// Runs `body(group)` and waits for every task that it, or a task of the group, created in the group.
///
/// *Suspends*: until the body and all children have ended.
/// *Result*: what the body returns; it may be a coroutine or a plain function.
/// *Errors*: one `exception_group` with the errors of the children in the order in which they came and the body's own last, when
/// any of them failed: the first failure cancels all others. A cancellation is no error. *Cancellation*: cancels the body and the
/// children, waits for them, and throws `cancelled_error`; if a child fails meanwhile, the `exception_group`, and the cancellation
/// at the next suspension. *Lifetime*: `body` is moved in and lives until all have ended. *Source*: asyncio.TaskGroup.
template <class F>
requires std::invocable < std::decay_t<F>
&, task_group& > auto with_task_group(F&& body) {
  detail::check_callable<F>();
  return detail::run_group<std::decay_t<F>>(std::forward<F>(body));
}

}  // namespace halka
