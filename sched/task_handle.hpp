// SPDX-License-Identifier: MIT
#pragma once

#include "any_task.hpp"
#include "handle_awaiter.hpp"
#include "result_slot.hpp"
#include "task.hpp"

#include <source_location>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>

namespace halka {

/// A running task with a result of type T. Copyable; dropping it never stops the task.
///
/// *Suspends*: `co_await handle` until the task has ended; not at all if it has.
/// *Result*: a reference to the task's value, any number of times; `co_await std::move(handle)` moves the value out.
/// *Errors*: what left the task; `cancelled_error` if it was cancelled; `std::logic_error` for the task itself and for a task of
/// another loop. *Cancellation*: cancelling who awaits cancels the task that is awaited; `shield` prevents that. *Source*:
/// asyncio.Task.
template <class T = void>
class task_handle : public any_task {
 public:
  using value_type = T;
  using reference = std::conditional_t<std::is_void_v<T>, void, std::add_lvalue_reference_t<T>>;

  task_handle() noexcept = default;
  explicit task_handle(task_state& t) noexcept : any_task(t) {}

  /// The value of a task that has ended.
  ///
  /// *Errors*: `invalid_state_error` before the end; else as for `co_await`.
  reference result() const {
    check_result();
    return yield<reference>();
  }

  detail::handle_awaiter<task_handle, reference> operator co_await() const& {
    return detail::handle_awaiter<task_handle, reference>(*this);
  }
  detail::handle_awaiter<task_handle, T> operator co_await() && { return detail::handle_awaiter<task_handle, T>(std::move(*this)); }

  // -- for awaiters and for what creates tasks

  waiter_list& waiters() const { return state().waiters(); }

  void describe(wait_description& d) const {
    d.what = "a task";
    d.tasks.push_back(&state());
  }

  void check_awaitable(task_state const& by) const {
    if (&state() == &by) throw std::logic_error("task '" + name() + "' cannot await itself");
    if (&state().loop() != &by.loop())
      throw std::logic_error("task '" + name() + "' belongs to another loop: use run_coroutine_threadsafe");
  }

  template <class Result>
  Result yield() const {
    check_result();
    if constexpr (!std::is_void_v<T>) {
      auto& stored = detail::stored_in<detail::stored_t<T>>(state());
      if constexpr (std::is_reference_v<T>)
        return static_cast<T>(*stored);
      else if constexpr (std::is_reference_v<Result>)
        return stored;
      else
        return std::move(stored);
    }
  }

  /// Takes the caller's reference over.
  static task_handle adopting(task_state& t) noexcept { return task_handle(t, adopt{}); }

 private:
  task_handle(task_state& t, adopt a) noexcept : any_task(t, a) {}
};

}  // namespace halka
