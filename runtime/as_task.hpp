// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/awaitable.hpp"
#include "../sched/create_task.hpp"
#include "../sched/future.hpp"
#include "../sched/task.hpp"
#include "../sched/task_handle.hpp"
#include "outcome.hpp"

#include <concepts>
#include <exception>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

// How gather, race, shield and the others take their arguments: a running task as it is, a coroutine by starting it, anything else
// that can be awaited by starting a coroutine that awaits it.

namespace halka::detail {

template <class A>
inline constexpr bool is_handle_v = false;
template <class T>
inline constexpr bool is_handle_v<task_handle<T>> = true;

/// An awaitable that may be stored and awaited later as an rvalue. What is awaited by name (a handle, a future) is copied.
template <class A>
concept storable_awaitable = awaitable<std::decay_t<A>> && std::constructible_from<std::decay_t<A>, A>;

/// What awaiting the stored awaitable yields.
template <class A>
using stored_result_t = await_result_t<std::decay_t<A>>;

template <class A>
task<await_result_t<A>> await_stored(A awaitable) {
  co_return co_await std::move(awaitable);
}

/// A task that yields what the awaitable yields: the running one, or a new one.
template <class A>
task_handle<stored_result_t<A>> as_running_task(A&& a) {
  using stored = std::decay_t<A>;
  if constexpr (is_handle_v<stored>)
    return std::forward<A>(a);
  else if constexpr (is_task_v<stored>)
    return create_task(std::forward<A>(a));
  else
    return create_task(await_stored<stored>(std::forward<A>(a)));
}

/// Refuses a task that was moved from, before anything is started beside it.
template <class A>
void check_startable(A const& awaitable) {
  if constexpr (is_task_v<A>) static_cast<void>(awaitable.address());
}

/// Starts the awaitables in order. If one cannot be started, those that were are cancelled before they begin.
template <class... As>
std::tuple<task_handle<stored_result_t<As>>...> start_each(As&... awaitables) {
  (check_startable(awaitables), ...);
  std::tuple<task_handle<stored_result_t<As>>...> handles;
  auto const start = [](auto& handle, auto& awaitable) { handle = as_running_task(std::move(awaitable)); };
  auto const take_back = [](auto& handle, bool started_here) {
    if (handle && started_here) handle.cancel();
  };
  try {
    std::apply([&](auto&... handle) { (start(handle, awaitables), ...); }, handles);
  } catch (...) {
    std::apply([&](auto&... handle) { (take_back(handle, !is_handle_v<As>), ...); }, handles);
    throw;
  }
  return handles;
}

/// Adds the tasks of `start_each` to a watcher. If that fails, those that were started are cancelled before they begin.
template <class... As, class Watcher, class Handles>
void watch_each(Watcher& watcher, Handles const& handles) {
  auto const take_back = [](auto const& handle, bool started_here) {
    if (started_here) handle.cancel();
  };
  try {
    std::apply([&](auto const&... handle) { (watcher.add(handle), ...); }, handles);
  } catch (...) {
    std::apply([&](auto const&... handle) { (take_back(handle, !is_handle_v<As>), ...); }, handles);
    throw;
  }
}

/// void as a value.
template <class T>
using value_or_monostate = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

/// The result of a task that has succeeded. A value that nobody else refers to could be moved, but a task may be given twice: it is
/// moved only out of tasks that were made here.
template <class T>
value_or_monostate<T> value_of(task_handle<T> const& t, bool may_move) {
  if constexpr (std::is_void_v<T>) {
    t.result();
    return {};
  } else if constexpr (std::is_reference_v<T>) {
    return t.result();
  } else if constexpr (std::copy_constructible<T>) {
    if (!may_move) return t.result();
    return std::move(t.result());
  } else {
    return std::move(t.result());
  }
}

template <class T>
outcome<T> outcome_of(task_handle<T> const& t, bool may_move) {
  t.state().mark_retrieved();
  if (std::exception_ptr e = t.state().exception()) return outcome<T>(std::move(e));
  return outcome<T>(value_of(t, may_move));
}

}  // namespace halka::detail
