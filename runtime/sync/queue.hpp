// SPDX-License-Identifier: MIT
#pragma once

#include "basic_queue.hpp"
#include "item_ring.hpp"

#include <cstddef>
#include <deque>
#include <type_traits>
#include <utility>

namespace halka {

namespace detail {

/// Where an item may throw when it is moved, it must not be moved but once.
template <class T>
class fifo_items {
 public:
  void add(T&& item) { items_.push_back(std::move(item)); }
  T take() {
    T item(std::move(items_.front()));
    items_.pop_front();
    return item;
  }
  void clear() noexcept { items_.clear(); }

 private:
  std::deque<T> items_;
};

template <class T>
requires std::is_nothrow_move_constructible_v<T>
class fifo_items<T> : public item_ring<T> {
};

}  // namespace detail

/// Gives the items in the order in which they were put.
///
/// *Source*: asyncio.Queue.
template <class T>
class queue : public basic_queue<T, detail::fifo_items<T>> {
 public:
  /// Holds at most `maxsize` items; any number for zero and less.
  explicit queue(std::ptrdiff_t maxsize = 0) : queue::basic_queue(maxsize) {}
};

}  // namespace halka
