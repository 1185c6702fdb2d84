// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace halka {

/// A place in the list of those who wait for something to finish. It lies in the waiting coroutine's frame, so waiting allocates
/// nothing, and it can leave the list at any time.
class waiter {
 public:
  using function = void (*)(waiter&);

  explicit waiter(function notify) noexcept : notify_(notify) {}
  waiter(waiter const&) = delete;
  waiter& operator=(waiter const&) = delete;
  ~waiter() { leave(); }

  bool linked() const noexcept { return next_ != nullptr; }
  /// Whether this is a waiter of the kind that `f` tells.
  bool notifies(function f) const noexcept { return notify_ == f; }

  /// How many stand before it in its list.
  std::size_t before() const noexcept {
    std::size_t n = 0;
    if (linked())
      for (waiter const* w = this; w != *head_; w = w->previous_) ++n;
    return n;
  }

  void leave() noexcept {
    if (!next_) return;
    if (next_ == this) {
      *head_ = nullptr;
    } else {
      next_->previous_ = previous_;
      previous_->next_ = next_;
      if (*head_ == this) *head_ = next_;
    }
    next_ = nullptr;
  }

 private:
  friend class waiter_list;
  waiter* next_ = nullptr;  // the others are set while this is
  waiter* previous_;
  waiter** head_;
  function notify_;
};

/// Waiters in the order in which they came: a ring of which the list knows the first.
class waiter_list {
 public:
  bool empty() const noexcept { return first_ == nullptr; }

  waiter* first() const noexcept { return first_; }

  /// The first waiter for which `test` holds; null if there is none.
  template <class Test>
  waiter* find(Test test) const {
    if (!first_) return nullptr;
    waiter* w = first_;
    do
      if (test(*w)) return w;
    while ((w = w->next_) != first_);
    return nullptr;
  }

  void add(waiter& w) noexcept {
    w.head_ = &first_;
    if (!first_) {
      first_ = w.next_ = w.previous_ = &w;
      return;
    }
    w.next_ = first_;
    w.previous_ = first_->previous_;
    first_->previous_->next_ = &w;
    first_->previous_ = &w;
  }

  /// Takes the first waiter out. The list must not be empty.
  waiter& take_first() noexcept {
    waiter& w = *first_;
    if (w.next_ == &w) {
      first_ = nullptr;
    } else {
      first_ = w.next_;
      first_->previous_ = w.previous_;
      w.previous_->next_ = first_;
    }
    w.next_ = nullptr;
    return w;
  }

  /// Takes the first waiter out and tells it. The list must not be empty.
  void notify_first() {
    waiter& w = take_first();
    w.notify_(w);
  }

  void notify_all() {
    while (first_) notify_first();
  }

 private:
  waiter* first_ = nullptr;
};

}  // namespace halka
