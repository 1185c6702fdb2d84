// SPDX-License-Identifier: MIT
#pragma once

// What all contenders read: 4 KiB pieces in no order of the file that HALKA_BENCH_FILE names.

#include "harness.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <stdexcept>

namespace bench {

inline constexpr std::size_t piece = 4096;

/// The file, open for reading; `flags` may be O_DIRECT.
class read_file {
 public:
  explicit read_file(int flags = 0) {
    char const* const path = std::getenv("HALKA_BENCH_FILE");
    fd_ = path ? open(path, O_RDONLY | O_CLOEXEC | flags) : -1;
    struct stat status {};
    if (fd_ < 0 || fstat(fd_, &status) != 0) throw std::runtime_error("HALKA_BENCH_FILE names no file that can be opened");
    pieces_ = static_cast<std::uint64_t>(status.st_size) / piece;
  }
  int fd() const noexcept { return fd_; }

  /// Where the next piece lies.
  std::uint64_t next_offset() noexcept {
    state_ ^= state_ << 13, state_ ^= state_ >> 7, state_ ^= state_ << 17;
    return state_ % pieces_ * piece;
  }

 private:
  int fd_;
  std::uint64_t pieces_ = 0;
  std::uint64_t state_ = 0x9e3779b97f4a7c15;
};

/// Memory for so many pieces, aligned as O_DIRECT wants it.
class read_memory {
 public:
  explicit read_memory(std::size_t pieces) : memory_(static_cast<char*>(std::aligned_alloc(piece, pieces * piece))) {
    if (!memory_) throw std::bad_alloc();
    for (std::size_t i = 0; i < pieces; ++i) memory_[i * piece] = 0;
  }
  ~read_memory() { std::free(memory_); }
  read_memory(read_memory const&) = delete;
  read_memory& operator=(read_memory const&) = delete;
  char* at(std::size_t i) const noexcept { return memory_ + i * piece; }

 private:
  char* memory_;
};

inline void check_piece(long long result) {
  if (result != static_cast<long long>(piece)) throw std::runtime_error("a read was short or failed");
}

}  // namespace bench
