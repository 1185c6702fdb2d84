// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/context.hpp"

#include <memory>
#include <utility>

namespace halka {

/// A variable of which every task has its own value.
///
/// A new task, a callback and a call on a worker thread see the value of the code that created them, as it was then; what they set
/// themselves is seen by nobody else.
///
/// *Lifetime*: usually a global; it must outlive every task that uses it.
/// *Thread safety*: any thread.
/// *Source*: Python's contextvars.ContextVar.
template <class T>
class task_local {
 public:
  explicit task_local(T initial = T()) : initial_(std::move(initial)) {}
  task_local(task_local const&) = delete;
  task_local& operator=(task_local const&) = delete;

  /// The value of the code that runs. The reference is valid until that code sets another one.
  T const& get() const noexcept {
    void const* const value = current_context().find(this);
    return value ? *static_cast<T const*>(value) : initial_;
  }

  /// Sets the value for the task that runs and for what it creates from now on.
  void set(T value) { set_current_context(current_context().with(this, std::make_shared<T>(std::move(value)))); }

 private:
  T initial_;
};

}  // namespace halka
