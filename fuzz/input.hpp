// SPDX-License-Identifier: MIT
#pragma once

#include "target.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

namespace halka::fuzz {

/// Takes decisions from bytes; behind their end all are 0.
class input {
 public:
  explicit input(bytes b) noexcept : bytes_(b) {}

  bool ended() const noexcept { return bytes_.empty(); }
  std::size_t left() const noexcept { return bytes_.size(); }

  std::uint8_t byte() noexcept {
    if (bytes_.empty()) return 0;
    std::uint8_t const b = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return b;
  }
  std::uint64_t number() noexcept {
    std::uint64_t n = 0;
    for (int i = 0; i < 8; ++i) n = n << 8 | byte();
    return n;
  }
  /// Below `n`, which is at most 256.
  unsigned below(unsigned n) noexcept { return byte() % n; }

  std::string text(std::size_t n) {
    bytes const taken = bytes_.first(std::min(n, bytes_.size()));
    bytes_ = bytes_.subspan(taken.size());
    return {taken.begin(), taken.end()};
  }
  std::string rest() { return text(bytes_.size()); }

 private:
  bytes bytes_;
};

}  // namespace halka::fuzz
