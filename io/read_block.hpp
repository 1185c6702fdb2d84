// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace halka {

/// What was read of a file ahead of its position. It keeps its memory.
class read_block {
 public:
  std::size_t size() const noexcept { return end_ - begin_; }
  bool empty() const noexcept { return begin_ == end_; }
  std::string_view text() const noexcept { return {memory_.get() + begin_, size()}; }

  /// Room for `n` bytes behind the last; `commit` then says how many were put there.
  char* reserve(std::size_t n) {
    if (empty()) begin_ = end_ = 0;
    if (capacity_ - end_ < n) move_to_front(n);
    return memory_.get() + end_;
  }
  void commit(std::size_t n) noexcept { end_ += n; }
  /// Forgets the first `n`, of which there must be so many.
  void drop(std::size_t n) noexcept { begin_ += n; }
  void clear() noexcept { begin_ = end_ = 0; }

 private:
  void move_to_front(std::size_t room) {
    std::size_t const used = size();
    if (used + room > capacity_) {
      std::size_t const capacity = std::max(used + room, 2 * used);
      auto memory = std::make_unique_for_overwrite<char[]>(capacity);
      if (used > 0) std::memcpy(memory.get(), memory_.get() + begin_, used);
      memory_ = std::move(memory);
      capacity_ = capacity;
    } else {
      std::memmove(memory_.get(), memory_.get() + begin_, used);
    }
    begin_ = 0;
    end_ = used;
  }

  std::unique_ptr<char[]> memory_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace halka
