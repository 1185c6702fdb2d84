// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/task_watcher.hpp"
#include "as_task.hpp"
#include "async_generator.hpp"
#include "gather.hpp"
#include "outcome.hpp"

#include <algorithm>
#include <cstddef>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

namespace halka {

namespace detail {

/// Cancels the tasks that a generator started itself when it is dropped early.
class cancel_when_dropped {
 public:
  cancel_when_dropped(task_watcher& watcher, bool owned) noexcept : watcher_(watcher), owned_(owned) {}
  ~cancel_when_dropped() {
    if (owned_) watcher_.cancel_tasks();
  }
  cancel_when_dropped(cancel_when_dropped const&) = delete;
  cancel_when_dropped& operator=(cancel_when_dropped const&) = delete;

 private:
  task_watcher& watcher_;
  bool owned_;
};

/// Drops handles of a task that was named before.
template <class Handle>
void keep_first_of_each(std::vector<Handle>& handles) {
  auto last = handles.begin();
  for (auto& handle : handles)
    if (std::find(handles.begin(), last, handle) == last) *last++ = std::move(handle);
  handles.erase(last, handles.end());
}

template <class Range, class A = std::ranges::range_value_t<Range>>
async_generator<outcome<stored_result_t<A>>> completed_in_order(Range awaitables) {
  if constexpr (is_handle_v<A>) keep_first_of_each(awaitables);
  task_watcher watcher;
  auto const handles = start_all<A>(awaitables, watcher);
  cancel_when_dropped const guard(watcher, !is_handle_v<A>);
  for (std::size_t seen = 0; seen < handles.size(); ++seen) {
    co_await watcher.until(return_when::first_completed, task_watcher::on_cancel::leave, false, seen);
    outcome<stored_result_t<A>> next = outcome_of(handles[watcher.ended()[seen]], !is_handle_v<A>);
    co_yield std::move(next);
  }
}

}  // namespace detail

/// The outcomes of the awaitables in the order in which they finish:
///
///     auto results = as_completed(std::move(tasks));
///     while (auto r = co_await results.next()) use(r->value());
///
/// *Result*: an `async_generator` of `outcome<T>`; a task that is given twice comes once.
/// *Errors*: none by itself: an outcome that failed throws when its `value()` is taken.
/// *Cancellation*: cancelling who waits in `next()` ends the generator. Dropping it early leaves running tasks that were given by
/// handle alone and cancels those that it started from coroutines. *Lifetime*: coroutines are started at the first `next()`.
/// *Source*: asyncio.as_completed.
template <detail::awaitable_range Range>
auto as_completed(Range&& awaitables) {
  std::vector<std::ranges::range_value_t<Range>> list;
  for (auto& a : awaitables) {
    if constexpr (std::is_lvalue_reference_v<Range>)
      list.push_back(a);
    else
      list.push_back(std::move(a));
  }
  return detail::completed_in_order(std::move(list));
}

}  // namespace halka
