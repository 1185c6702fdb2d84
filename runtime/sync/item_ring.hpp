// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace halka::detail {

/// Items in the order in which they came, in a ring that doubles when it is full and is given back when a large one has become
/// empty. T must move without throwing.
template <class T>
class item_ring {
  static_assert(std::is_nothrow_move_constructible_v<T>);

 public:
  item_ring() noexcept = default;
  item_ring(item_ring&& other) noexcept
      : slots_(std::exchange(other.slots_, nullptr)),
        capacity_(std::exchange(other.capacity_, 0)),
        first_(std::exchange(other.first_, 0)),
        end_(std::exchange(other.end_, 0)) {}
  item_ring& operator=(item_ring&&) = delete;
  ~item_ring() { clear(); }

  void add(T&& item) {
    if (end_ - first_ == capacity_) [[unlikely]]
      grow();
    new (static_cast<void*>(at(end_))) T(std::move(item));
    ++end_;
  }

  T take() noexcept {
    T* const place = at(first_);
    T item(std::move(*place));
    place->~T();
    ++first_;
    if (capacity_ > largest_kept && first_ == end_) [[unlikely]]
      clear();
    return item;
  }

  void clear() noexcept {
    for (; first_ != end_; ++first_) at(first_)->~T();
    if (slots_) std::allocator<T>().deallocate(std::exchange(slots_, nullptr), capacity_);
    capacity_ = first_ = end_ = 0;
  }

 private:
  static constexpr std::size_t largest_kept = 1024;

  T* at(std::size_t i) const noexcept { return slots_ + (i & (capacity_ - 1)); }

  [[gnu::noinline, gnu::cold]] void grow() {
    std::size_t const larger = capacity_ == 0 ? 4 : 2 * capacity_;
    T* const slots = std::allocator<T>().allocate(larger);
    std::size_t const count = end_ - first_;
    for (std::size_t i = 0; i < count; ++i) {
      T* const place = at(first_ + i);
      new (static_cast<void*>(slots + i)) T(std::move(*place));
      place->~T();
    }
    if (slots_) std::allocator<T>().deallocate(slots_, capacity_);
    slots_ = slots;
    capacity_ = larger;
    first_ = 0;
    end_ = count;
  }

  T* slots_ = nullptr;
  std::size_t capacity_ = 0;  // a power of two
  std::size_t first_ = 0;     // both count on and on
  std::size_t end_ = 0;
};

}  // namespace halka::detail
