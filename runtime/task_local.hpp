// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/context.hpp"

#include <memory>
#include <stdexcept>
#include <utility>

namespace halka {

/// A variable of which every task has its own value.
///
/// A new task, a callback (of the loop, of a task or future, of a descriptor or signal) and a call on a worker thread (`to_thread`,
/// `thread_pool::submit`) see the value of the code that created or registered them, as it was then; what they set themselves is
/// seen by nobody else. A coroutine or generator that is awaited belongs to the task that awaits it. A `runner` keeps what one
/// `run` has set for the next.
///
/// *Lifetime*: usually a global; it must outlive every task that uses it.
/// *Thread safety*: any thread.
/// *Source*: Python's contextvars.ContextVar.
template <class T>
class task_local {
 public:
  class token;
  class scoped_value;

  explicit task_local(T initial = T()) : initial_(std::move(initial)) {}
  task_local(task_local const&) = delete;
  task_local& operator=(task_local const&) = delete;

  /// The value of the code that runs. The reference is valid until that code sets another one.
  T const& get() const noexcept {
    void const* const value = current_context().find(this);
    return value ? *static_cast<T const*>(value) : initial_;
  }

  /// Sets the value for the task that runs and for what it creates from now on.
  ///
  /// *Result*: what `reset` needs to restore the value of before.
  token set(T value) {
    token before(*this);
    set_current_context(current_context().with(this, std::make_shared<T>(std::move(value))));
    return before;
  }

  /// Restores the value that was there before the `set` that gave the token.
  ///
  /// *Errors*: `std::logic_error` if the token was used already or comes from another context, that is, another task, callback or
  /// call; `std::invalid_argument` if it comes from another variable.
  void reset(token& before) {
    if (before.variable_ != this) throw std::invalid_argument("task_local::reset: the token is of another variable");
    if (before.used_) throw std::logic_error("task_local::reset: the token was used already");
    if (before.context_ != current_context_id()) throw std::logic_error("task_local::reset: the token is of another context");
    set_current_context(current_context().with(this, before.value_));
    before.used_ = true;
    before.value_ = nullptr;
  }
  void reset(token&& before) { reset(before); }

  /// Sets the value until what is returned is destroyed, which restores the value of before:
  ///
  ///     auto const bound = request_id.scoped(7);
  ///
  /// *Lifetime*: one that is destroyed outside of the context in which it was made restores nothing; so a generator should not
  /// yield while it holds one.
  scoped_value scoped(T value) { return scoped_value(*this, std::move(value)); }

 private:
  T initial_;
};

/// What a variable was before it was set.
template <class T>
class task_local<T>::token {
 public:
  token(token&& other) noexcept
      : variable_(other.variable_),
        value_(std::move(other.value_)),
        context_(other.context_),
        used_(std::exchange(other.used_, true)) {}
  token& operator=(token&&) = delete;

 private:
  friend class task_local;
  explicit token(task_local const& v) noexcept
      : variable_(&v), value_(current_context().hold(&v)), context_(current_context_id()) {}

  task_local const* variable_;
  std::shared_ptr<void> value_;  // null if it was not set
  context_id context_;
  bool used_ = false;
};

/// Holds a variable at a value.
template <class T>
class [[nodiscard]] task_local<T>::scoped_value {
 public:
  scoped_value(scoped_value const&) = delete;
  scoped_value& operator=(scoped_value const&) = delete;
  ~scoped_value() {
    try {
      variable_.reset(before_);
    } catch (...) {
      // It is destroyed in another context, whose value is none of its business, or there is no memory.
    }
  }

 private:
  friend class task_local;
  scoped_value(task_local& v, T value) : variable_(v), before_(v.set(std::move(value))) {}

  task_local& variable_;
  token before_;
};

}  // namespace halka
