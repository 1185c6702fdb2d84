// SPDX-License-Identifier: MIT
#pragma once

// The values of task-local variables (runtime/task_local.hpp) that a piece of running code sees.
//
// A context is an immutable list of bindings, shared by count: taking a copy at spawn or at registration of a callback is one
// increment, and a `set` puts a new list in place of the one seen by the task that sets. The count is atomic because a context also
// travels to worker threads.

#include "export.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace halka {

/// One binding and those behind it.
class binding {
 public:
  binding(void const* variable, std::shared_ptr<void> value, binding* rest) noexcept
      : variable_(variable), value_(std::move(value)), rest_(rest) {}

  void const* variable() const noexcept { return variable_; }
  std::shared_ptr<void> const& value() const noexcept { return value_; }
  binding* rest() const noexcept { return rest_; }

 private:
  friend class context_ref;
  std::atomic<unsigned> refs_ = 1;
  void const* variable_;
  std::shared_ptr<void> value_;
  binding* rest_;  // counted
};

/// A counted pointer to a context; empty for the context without bindings.
class HALKA_API context_ref {
 public:
  context_ref() noexcept = default;
  context_ref(context_ref const& other) noexcept : first_(other.first_) {
    // relaxed: whoever copies holds a reference already
    if (first_) first_->refs_.fetch_add(1, std::memory_order_relaxed);
  }
  context_ref(context_ref&& other) noexcept : first_(std::exchange(other.first_, nullptr)) {}
  context_ref& operator=(context_ref other) noexcept {
    std::swap(first_, other.first_);
    return *this;
  }
  ~context_ref() {
    if (first_) drop(first_);
  }

  bool empty() const noexcept { return !first_; }

  /// The value bound to a variable; null if there is none.
  void* find(void const* variable) const noexcept;
  /// The same, held.
  std::shared_ptr<void> hold(void const* variable) const noexcept;

  /// The same context with one variable bound anew; not bound for null.
  context_ref with(void const* variable, std::shared_ptr<void> value) const;

 private:
  explicit context_ref(binding* first) noexcept : first_(first) {}
  static void drop(binding* b) noexcept;
  binding* first_ = nullptr;
};

/// The context of the code that runs: the task's, else the callback's, else the thread's.
HALKA_API context_ref const& current_context() noexcept;

/// Replaces it.
HALKA_API void set_current_context(context_ref context);

/// Tells the current context from all others: a task has its own, each call of a callback and each job of a worker thread too.
struct context_id {
  void const* owner;
  std::uint64_t number;
  friend bool operator==(context_id const&, context_id const&) noexcept = default;
};
HALKA_API context_id current_context_id() noexcept;

/// Makes a context the current one of code that is not a task, for a while.
class HALKA_API context_scope {
 public:
  explicit context_scope(context_ref context) noexcept;
  ~context_scope();
  context_scope(context_scope const&) = delete;
  context_scope& operator=(context_scope const&) = delete;

 private:
  context_ref outer_;
  std::uint64_t outer_number_;
};

namespace detail {

/// A function that is called in the context of the code that made it.
template <class F>
auto in_current_context(F fn) {
  return [context = current_context(), fn = std::move(fn)]() mutable {
    context_scope const scope(context);
    fn();
  };
}

}  // namespace detail

}  // namespace halka
