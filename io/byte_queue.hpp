// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"
#include "buffer.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace halka {

/// Bytes that go in at the end and come out at the front. Empty it holds no memory.
class HALKA_API byte_queue {
 public:
  std::size_t size() const noexcept { return end_ - begin_; }
  bool empty() const noexcept { return begin_ == end_; }
  std::string_view text() const noexcept { return {memory_.get() + begin_, size()}; }

  void append(std::string_view bytes);
  /// Room for `n` bytes behind the last; `commit` then says how many were written there.
  char* reserve(std::size_t n);
  void commit(std::size_t n) noexcept { end_ += n; }
  /// Puts bytes before the first.
  void put_back(std::string_view bytes);

  /// Takes at most `n` bytes out.
  std::string take(std::size_t n);
  std::size_t take_into(mutable_buffer into) noexcept;
  /// Forgets the first `n`, of which there must be so many.
  void drop(std::size_t n) noexcept;
  /// Gives memory back that nothing uses.
  void trim() noexcept {
    if (empty()) reset();
  }

 private:
  void reset() noexcept;

  std::unique_ptr<char[]> memory_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace halka
