// SPDX-License-Identifier: MIT
#pragma once

#include "basic_queue.hpp"

#include <cstddef>
#include <deque>
#include <utility>

namespace halka {

namespace detail {

template <class T>
class lifo_items {
 public:
  void add(T&& item) { items_.push_back(std::move(item)); }
  T take() {
    T item(std::move(items_.back()));
    items_.pop_back();
    return item;
  }
  void clear() noexcept { items_.clear(); }

 private:
  std::deque<T> items_;  // unlike a vector it never moves them
};

}  // namespace detail

/// Gives the item that was put last.
///
/// *Source*: asyncio.LifoQueue.
template <class T>
class lifo_queue : public basic_queue<T, detail::lifo_items<T>> {
 public:
  /// Holds at most `maxsize` items; any number for zero and less.
  explicit lifo_queue(std::ptrdiff_t maxsize = 0) : lifo_queue::basic_queue(maxsize) {}
};

}  // namespace halka
