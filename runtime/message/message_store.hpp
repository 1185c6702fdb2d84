// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/unique_fd.hpp"
#include "../../sched/export.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace halka::detail {

/// The bytes and descriptors of a message that is being written. Up to 64 KiB lie in a block of memory that is used again; what is
/// longer goes to a memfd, and the block then gathers the small pieces.
class HALKA_API message_store {
 public:
  static constexpr std::size_t most_in_block = 64 * 1024;

  void append(void const* bytes, std::size_t count) {
    if (count <= capacity_ - used_) [[likely]] {
      if (count > 0) std::memcpy(block_.get() + used_, bytes, count);
      used_ += count;
    } else {
      append_slowly(bytes, count);
    }
  }
  std::uint32_t attach(int fd);
  void keep(std::shared_ptr<void const> owner) noexcept { kept_ = std::move(owner); }

  std::size_t size() const noexcept { return in_memory_ + used_; }
  std::span<std::byte const> bytes() const noexcept {
    return memory_ ? std::span<std::byte const>() : std::span<std::byte const>(block_.get(), used_);
  }
  std::span<int const> descriptors() const noexcept { return descriptors_; }

  /// The memfd with all that was written, or -1.
  int memory() {
    if (memory_ && used_ > 0) flush();
    return memory_.get();
  }

  void clear() noexcept;

 private:
  void append_slowly(void const* bytes, std::size_t count);
  void grow(std::size_t wanted);
  void flush();

  std::unique_ptr<std::byte[]> block_;
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;       // of the block
  std::size_t in_memory_ = 0;  // bytes that lie in the memfd
  unique_fd memory_;
  std::vector<int> descriptors_;
  std::shared_ptr<void const> kept_;
};

}  // namespace halka::detail
