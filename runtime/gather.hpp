// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"
#include "../sched/task.hpp"
#include "../sched/task_watcher.hpp"
#include "as_task.hpp"
#include "outcome.hpp"

#include <array>
#include <cstddef>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace halka {

/// Asks `gather` for every outcome instead of the first failure.
struct return_exceptions_t {
  explicit return_exceptions_t() = default;
};
inline constexpr return_exceptions_t return_exceptions{};

namespace detail {

/// Waits for all; when one fails, cancels the others, waits for them too, and throws that failure.
HALKA_API task<> join_or_cancel(task_watcher& watcher);

/// Waits for all, whatever becomes of them.
HALKA_API task<> join(task_watcher& watcher);

template <class... As>
task<std::tuple<value_or_monostate<stored_result_t<As>>...>> gather_tuple(As... awaitables) {
  task_watcher watcher(sizeof...(As));
  task<> joined = join_or_cancel(watcher);  // made now: once they have begun, nothing may fail before they have ended
  auto const handles = start_each(awaitables...);
  watch_each<As...>(watcher, handles);
  co_await std::move(joined);
  co_return std::apply(
      [](auto const&... handle) {
        return std::tuple<value_or_monostate<stored_result_t<As>>...>(value_of(handle, !is_handle_v<As>)...);
      },
      handles);
}

template <class... As>
task<std::tuple<outcome<stored_result_t<As>>...>> gather_outcomes(As... awaitables) {
  task_watcher watcher(sizeof...(As));
  task<> joined = join(watcher);  // made now: once they have begun, nothing may fail before they have ended
  auto const handles = start_each(awaitables...);
  watch_each<As...>(watcher, handles);
  co_await std::move(joined);
  co_return std::apply(
      [](auto const&... handle) { return std::tuple<outcome<stored_result_t<As>>...>(outcome_of(handle, !is_handle_v<As>)...); },
      handles);
}

/// Starts every element of a range and adds it to the watcher. If that fails, those that were started are cancelled before they
/// begin.
template <class A, class Range>
std::vector<task_handle<stored_result_t<A>>> start_all(Range& awaitables, task_watcher& watcher) {
  std::vector<task_handle<stored_result_t<A>>> handles;
  if constexpr (std::ranges::sized_range<Range>) handles.reserve(std::ranges::size(awaitables));
  for (auto const& a : awaitables) check_startable(a);
  try {
    for (auto& a : awaitables) {
      handles.emplace_back();  // before there is a task that could not be kept
      if constexpr (is_handle_v<A>)
        handles.back() = a;
      else
        handles.back() = as_running_task(std::move(a));
      watcher.add(handles.back());
    }
  } catch (...) {
    if constexpr (!is_handle_v<A>)
      for (auto const& handle : handles)
        if (handle) handle.cancel();
    throw;
  }
  return handles;
}

template <class Range, class A = std::ranges::range_value_t<Range>>
task<std::vector<value_or_monostate<stored_result_t<A>>>> gather_range(Range awaitables) {
  task_watcher watcher;
  task<> joined = join_or_cancel(watcher);
  auto handles = start_all<A>(awaitables, watcher);
  co_await std::move(joined);
  std::vector<value_or_monostate<stored_result_t<A>>> values;
  values.reserve(handles.size());
  for (auto const& handle : handles) values.push_back(value_of(handle, !is_handle_v<A>));
  co_return values;
}

template <class Range, class A = std::ranges::range_value_t<Range>>
task<std::vector<outcome<stored_result_t<A>>>> gather_range_outcomes(Range awaitables) {
  task_watcher watcher;
  task<> joined = join(watcher);
  auto handles = start_all<A>(awaitables, watcher);
  co_await std::move(joined);
  std::vector<outcome<stored_result_t<A>>> outcomes;
  outcomes.reserve(handles.size());
  for (auto const& handle : handles) outcomes.push_back(outcome_of(handle, !is_handle_v<A>));
  co_return outcomes;
}

template <class R>
concept awaitable_range = std::ranges::input_range<R> && storable_awaitable<std::ranges::range_value_t<R>> && !awaitable<R>;

}  // namespace detail

/// Runs the awaitables at the same time and waits for all of them.
///
/// *Suspends*: until all have ended; coroutines are started as tasks when `gather` is awaited, in the order of the arguments.
/// *Result*: `std::tuple` of the results in the order of the arguments, `std::monostate` for void.
/// *Errors*: the first failure, after the others were cancelled and have ended (asyncio leaves them running; in C++ they would
/// outlive what they refer to). The failures of the others are dropped. *Cancellation*: cancels all of them, and throws
/// `cancelled_error` when all have ended. *Source*: asyncio.gather.
template <detail::storable_awaitable... As>
auto gather(As&&... awaitables) {
  return detail::gather_tuple<std::decay_t<As>...>(std::forward<As>(awaitables)...);
}

/// The same for a range, consumed: `std::vector` of the results in order, of `std::monostate` for void.
template <detail::awaitable_range Range>
auto gather(Range&& awaitables) {
  return detail::gather_range<std::decay_t<Range>>(std::forward<Range>(awaitables));
}

/// Waits for all, whatever becomes of them: an `outcome` each, in the order of the arguments. A child's own cancellation is an
/// outcome too.
///
/// *Cancellation*: cancels all of them, and throws `cancelled_error` when all have ended.
/// *Source*: asyncio.gather(..., return_exceptions=True).
template <detail::storable_awaitable... As>
auto gather(return_exceptions_t, As&&... awaitables) {
  return detail::gather_outcomes<std::decay_t<As>...>(std::forward<As>(awaitables)...);
}
template <detail::awaitable_range Range>
auto gather(return_exceptions_t, Range&& awaitables) {
  return detail::gather_range_outcomes<std::decay_t<Range>>(std::forward<Range>(awaitables));
}

}  // namespace halka
