// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"
#include "../sched/task.hpp"
#include "../sched/task_watcher.hpp"
#include "as_task.hpp"

#include <type_traits>
#include <utility>

namespace halka {

namespace detail {

/// Waits for one task without passing a cancellation on to it.
HALKA_API task<> wait_shielded(any_task task);

template <class A>
task<stored_result_t<A>> shield_task(A awaitable) {
  auto const inner = as_running_task(std::move(awaitable));
  if (!inner.done()) co_await wait_shielded(inner);
  if constexpr (is_handle_v<A>) {
    using T = typename A::value_type;
    if constexpr (std::is_void_v<T> || std::is_reference_v<T> || !std::copy_constructible<T>)
      co_return co_await task_handle(inner);
    else
      co_return inner.result();
  } else {
    co_return co_await task_handle(inner);
  }
}

}  // namespace detail

/// Awaits without letting a cancellation through: when the waiting task is cancelled, `shield` throws `cancelled_error`, and what
/// is awaited runs on.
///
/// *Suspends*: until the awaitable has ended; a coroutine is started as a task of the loop.
/// *Result*, *Errors*: those of the awaitable, also its own cancellation.
/// *Lifetime*: what a shielded coroutine refers to must outlive the waiting task.
/// *Source*: asyncio.shield.
template <detail::storable_awaitable A>
auto shield(A&& awaitable) {
  return detail::shield_task<std::decay_t<A>>(std::forward<A>(awaitable));
}

}  // namespace halka
