// SPDX-License-Identifier: MIT
#pragma once

// The items of a priority_queue: a binary heap with the smallest on top. Equal items leave in the order in which they came, by a
// number that each gets.
//
// The comparison may throw. So the place of an item is found first, by comparing only, and then the items move along that way. They
// must move without throwing; those of a type that cannot are kept behind pointers.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace halka::detail {

template <class T>
class heap_slot {
 public:
  explicit heap_slot(T&& item) : item_(std::move(item)) {}
  T& item() noexcept { return item_; }
  T const& item() const noexcept { return item_; }

 private:
  T item_;
};

template <class T>
requires(!std::is_nothrow_move_constructible_v<T> || !std::is_nothrow_move_assignable_v<T>) class heap_slot<T> {
 public:
  explicit heap_slot(T&& item) : item_(std::make_unique<T>(std::move(item))) {}
  T& item() noexcept { return *item_; }
  T const& item() const noexcept { return *item_; }

 private:
  std::unique_ptr<T> item_;
};

template <class T, class Compare>
class heap_items {
 public:
  explicit heap_items(Compare compare) : compare_(std::move(compare)) {}

  void add(T&& item) {
    entries_.emplace_back(std::move(item), next_number_);
    std::size_t place = entries_.size() - 1;
    try {
      // Nothing is equal and younger, so comparing the items is enough.
      while (place > 0 && compare_(entries_.back().item(), entries_[above(place)].item())) place = above(place);
    } catch (...) {
      entries_.pop_back();
      throw;
    }
    ++next_number_;
    entry added = std::move(entries_.back());
    std::size_t hole = entries_.size() - 1;
    for (; hole != place; hole = above(hole)) entries_[hole] = std::move(entries_[above(hole)]);
    entries_[hole] = std::move(added);
  }

  T take() {
    std::size_t place = place_of_last();
    T item(std::move(entries_.front().item()));
    entry last = std::move(entries_.back());
    entries_.pop_back();
    if (entries_.empty()) return item;
    // Up the way that was found: each takes the place of the one above it.
    for (; place > 0; place = above(place)) std::swap(entries_[place], last);
    entries_.front() = std::move(last);
    return item;
  }

  void clear() noexcept { entries_.clear(); }

 private:
  struct entry : heap_slot<T> {
    entry(T&& item, std::uint64_t n) : heap_slot<T>(std::move(item)), number(n) {}
    std::uint64_t number;
  };

  static std::size_t above(std::size_t i) noexcept { return (i - 1) / 2; }
  bool before(entry const& a, entry const& b) {
    if (compare_(a.item(), b.item())) return true;
    return a.number < b.number && !compare_(b.item(), a.item());
  }

  /// Where the last entry comes to stand when the first has gone.
  std::size_t place_of_last() {
    std::size_t const rest = entries_.size() - 1;
    std::size_t place = 0;
    while (2 * place + 1 < rest) {
      std::size_t child = 2 * place + 1;
      if (child + 1 < rest && before(entries_[child + 1], entries_[child])) ++child;
      if (!before(entries_[child], entries_.back())) break;
      place = child;
    }
    return place;
  }

  std::vector<entry> entries_;
  std::uint64_t next_number_ = 0;
  [[no_unique_address]] Compare compare_;
};

}  // namespace halka::detail
