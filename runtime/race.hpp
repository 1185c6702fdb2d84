// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"
#include "../sched/task.hpp"
#include "../sched/task_watcher.hpp"
#include "as_task.hpp"
#include "gather.hpp"

#include <cstddef>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace halka {

/// The winner of a `race` over a range.
template <class T>
struct race_result {
  std::size_t index;
  detail::value_or_monostate<T> value;

  race_result(std::size_t i, detail::value_or_monostate<T> v) : index(i), value(std::move(v)) {}
};

namespace detail {

/// Waits for all the tasks of a watcher of which the first cancels the others; yields the index of the first, or throws its
/// exception.
HALKA_API task<std::size_t> first_of(task_watcher& watcher);

template <class... As>
using race_variant = std::variant<value_or_monostate<stored_result_t<As>>...>;

/// The value of the task at index `winner`, which is I or more.
template <std::size_t I, class... As, class Handles>
race_variant<As...> pick(std::size_t winner, Handles const& handles) {
  if constexpr (I + 1 < sizeof...(As))
    if (winner != I) return pick<I + 1, As...>(winner, handles);
  using A = std::tuple_element_t<I, std::tuple<As...>>;
  return race_variant<As...>(std::in_place_index<I>, value_of(std::get<I>(handles), !is_handle_v<A>));
}

template <class... As>
task<race_variant<As...>> race_tuple(As... awaitables) {
  task_watcher watcher(sizeof...(As));
  watcher.let_first_cancel_others();
  task<std::size_t> first = first_of(watcher);  // made now: once they have begun, nothing may fail before they have ended
  auto const handles = start_each(awaitables...);
  watch_each<As...>(watcher, handles);
  std::size_t const winner = co_await std::move(first);
  co_return pick<0, As...>(winner, handles);
}

template <class Range, class A = std::ranges::range_value_t<Range>>
task<race_result<stored_result_t<A>>> race_range(Range awaitables) {
  task_watcher watcher;
  watcher.let_first_cancel_others();
  task<std::size_t> first = first_of(watcher);
  auto handles = start_all<A>(awaitables, watcher);
  if (handles.empty()) throw std::invalid_argument("race: needs at least one awaitable");
  std::size_t const winner = co_await std::move(first);
  co_return race_result<stored_result_t<A>>(winner, value_of(handles[winner], !is_handle_v<A>));
}

}  // namespace detail

/// Runs the awaitables at the same time until the first has ended.
///
/// The others are cancelled in the very step in which the first ends. So one that has not begun never begins, and one that was
/// given something (an item, a lock, a permit) but has not gone on passes it on: of several channels or queues that are ready,
/// exactly one item is taken, and the first argument goes first. Only a `send` cannot be undone when another task has its item
/// already: more than one of several may happen. Of tasks that had ended before the call, the first argument wins.
///
/// *Suspends*: until all have ended: the losers are cancelled and waited for.
/// *Result*: a `std::variant` whose `index()` tells the winner and that holds its value, `std::monostate` for void.
/// *Errors*: the winner's exception, if that is how it ended. Failures of the losers are dropped.
/// *Cancellation*: cancels all, and throws `cancelled_error` when all have ended. If the first has ended already, its result is
/// yielded, and the cancellation is delivered at the next suspension.
template <detail::storable_awaitable... As>
requires(sizeof...(As) > 0) auto race(As&&... awaitables) {
  return detail::race_tuple<std::decay_t<As>...>(std::forward<As>(awaitables)...);
}

/// The same for a range, consumed: the winner's index and value.
template <detail::awaitable_range Range>
auto race(Range&& awaitables) {
  return detail::race_range<std::decay_t<Range>>(std::forward<Range>(awaitables));
}

}  // namespace halka
