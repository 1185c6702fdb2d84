// SPDX-License-Identifier: MIT
#pragma once

#include "basic_queue.hpp"
#include "heap_items.hpp"

#include <cstddef>
#include <functional>
#include <utility>

namespace halka {

/// Gives the smallest item; of equal ones the one that was put first.
///
/// *Source*: asyncio.PriorityQueue.
template <class T, class Compare = std::less<T>>
class priority_queue : public basic_queue<T, detail::heap_items<T, Compare>> {
 public:
  /// Holds at most `maxsize` items; any number for zero and less. `compare(a, b)` tells whether `a` leaves before `b`.
  explicit priority_queue(std::ptrdiff_t maxsize = 0, Compare compare = Compare())
      : priority_queue::basic_queue(maxsize, detail::heap_items<T, Compare>(std::move(compare))) {}
};

}  // namespace halka
