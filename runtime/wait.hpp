// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"
#include "../sched/task.hpp"
#include "../sched/task_handle.hpp"
#include "../sched/task_watcher.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <stdexcept>
#include <utility>
#include <vector>

namespace halka {

/// The two halves of the tasks given to `wait`, each in the order in which they were given.
template <class T>
struct wait_result {
  std::vector<task_handle<T>> done;
  std::vector<task_handle<T>> pending;

  wait_result() = default;  // not an aggregate: g++ 12 mishandles those in awaiting expressions
};

namespace detail {

template <class T>
task<wait_result<T>> wait_for_tasks(std::vector<task_handle<T>> tasks, return_when when) {
  if (tasks.empty()) throw std::invalid_argument("wait: needs at least one task");
  std::vector<task_handle<T>> distinct;
  for (auto& t : tasks)
    if (std::ranges::find(distinct, t) == distinct.end()) distinct.push_back(std::move(t));
  task_watcher watcher(distinct.size());
  for (auto const& t : distinct) watcher.add(t);
  co_await watcher.until(when, task_watcher::on_cancel::leave);
  wait_result<T> result;
  for (auto& t : distinct) (t.done() ? result.done : result.pending).push_back(std::move(t));
  co_return result;
}

}  // namespace detail

/// Waits for the first of the tasks, the first failure among them, or all of them; throws for none of their errors and cancels
/// none.
///
/// *Suspends*: until the condition holds; `wait_for` around it limits the time.
/// *Result*: who has ended when the waiting task goes on, and who has not; a task that is given twice counts once.
/// *Errors*: `std::invalid_argument` without tasks.
/// *Cancellation*: leaves the tasks alone.
/// *Source*: asyncio.wait.
template <std::ranges::input_range Range>
auto wait(Range&& tasks, return_when when = return_when::all_completed) {
  using handle = std::ranges::range_value_t<Range>;
  std::vector<handle> list;
  std::ranges::copy(tasks, std::back_inserter(list));
  return detail::wait_for_tasks<typename handle::value_type>(std::move(list), when);
}

}  // namespace halka
