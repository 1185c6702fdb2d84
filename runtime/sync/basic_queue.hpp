// SPDX-License-Identifier: MIT
#pragma once

#include "queue_base.hpp"

#include <cstddef>
#include <type_traits>
#include <utility>

namespace halka {

/// A queue of items between tasks. `Items` keeps them and tells which is next: `add(T&&)`, `T take()`, `clear()`; if one of these
/// throws, nothing has changed.
///
/// Fair: who asked first is served first, and a task that was promised an item or a place and is cancelled before it resumed passes
/// it on. T need not be copyable or have a default.
///
/// *Thread safety*: the tasks of one loop. Making one needs no loop.
template <class T, class Items>
class basic_queue : public queue_base {
  static_assert(std::is_object_v<T> && !std::is_const_v<T> && std::is_move_constructible_v<T>, "an item must be a movable object");

 public:
  class put_operation;
  class take_awaiter;

  using value_type = T;

  /// Adds an item. *Suspends*: while the queue is full, or others wait to put. *Errors*: `queue_shut_down`; `cancelled_error`, and
  /// the item was not added.
  put_operation put(T item) { return put_operation(*this, std::move(item)); }

  /// Takes the next item. *Suspends*: while the queue is empty. *Errors*: `queue_shut_down` if nothing is left either;
  /// `cancelled_error`, and no item was taken.
  sync_operation<take_awaiter, basic_queue> get() noexcept { return sync_operation<take_awaiter, basic_queue>(*this); }

  /// *Errors*: `queue_full`, `queue_shut_down`.
  void put_nowait(T item) {
    check_put_nowait();
    items_.add(std::move(item));
    added();
  }

  /// *Errors*: `queue_empty`; `queue_shut_down` if nothing is left.
  T get_nowait() {
    check_get_nowait();
    return take();
  }

  /// Ends the queue: what is in it can still be taken; then, and for every put, there is `queue_shut_down`, also for those who
  /// wait. `immediate` drops the items too, as if they had been taken and done.
  void shutdown(bool immediate = false) noexcept {
    shut_down(immediate);
    if (immediate) items_.clear();
  }

 protected:
  explicit basic_queue(std::ptrdiff_t maxsize, Items items = Items()) : queue_base(maxsize), items_(std::move(items)) {}
  ~basic_queue() = default;

 private:
  class add_awaiter;

  T take() {
    T item = take_or_offer();
    taken();
    return item;
  }
  T take_or_offer() {
    try {
      return items_.take();
    } catch (...) {
      offer_item();  // it is still there, for others
      throw;
    }
  }
  void add_or_offer(T&& item) {
    try {
      items_.add(std::move(item));
    } catch (...) {
      offer_place();
      throw;
    }
    added();
  }

  Items items_;
};

template <class T, class Items>
class basic_queue<T, Items>::take_awaiter final : public queue_base::get_awaiter {
 public:
  explicit take_awaiter(basic_queue& q) noexcept : get_awaiter(q) {}
  T await_resume() {
    this->claim();
    return static_cast<basic_queue&>(this->queue_).take();
  }
};

template <class T, class Items>
class basic_queue<T, Items>::add_awaiter final : public queue_base::put_awaiter {
 public:
  add_awaiter(basic_queue& q, T& item) noexcept : put_awaiter(q), item_(item) {}
  void await_resume() {
    this->claim();
    static_cast<basic_queue&>(this->queue_).add_or_offer(std::move(item_));
  }

 private:
  T& item_;
};

/// An item on its way into a queue.
template <class T, class Items>
class [[nodiscard("must co_await it")]] basic_queue<T, Items>::put_operation {
 public:
  put_operation(basic_queue & q, T && item) : queue_(&q), item_(std::move(item)) {}
  add_awaiter operator co_await()&& noexcept { return add_awaiter(*queue_, item_); }

 private:
  basic_queue* queue_;
  T item_;
};

}  // namespace halka
