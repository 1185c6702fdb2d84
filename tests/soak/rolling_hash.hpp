// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace soak {

/// A hash of bytes in order, whatever the parts in which they come. Fast rather than strong.
class rolling_hash {
 public:
  void add(std::string_view bytes) noexcept {
    char const* at = bytes.data();
    std::size_t left = bytes.size();
    count_ += left;
    while (left > 0 && filled_ > 0) take(*at++), --left;
    for (; left >= sizeof word_; at += sizeof word_, left -= sizeof word_) {
      std::memcpy(&word_, at, sizeof word_);
      mix();
    }
    word_ = filled_ > 0 ? word_ : 0;
    while (left > 0) take(*at++), --left;
  }

  std::uint64_t count() const noexcept { return count_; }
  std::uint64_t value() const noexcept {
    rolling_hash last = *this;
    last.mix();
    return last.state_ ^ count_;
  }
  bool operator==(rolling_hash const& other) const noexcept { return count_ == other.count_ && value() == other.value(); }

 private:
  void take(char byte) noexcept {
    word_ |= std::uint64_t{static_cast<unsigned char>(byte)} << (8 * filled_);
    if (++filled_ < sizeof word_) return;
    filled_ = 0;
    mix();
    word_ = 0;
  }
  void mix() noexcept {
    state_ = (state_ ^ word_) * 0x9e3779b97f4a7c15;
    state_ ^= state_ >> 29;
  }

  std::uint64_t state_ = 0x243f6a8885a308d3;
  std::uint64_t word_ = 0;  // bytes that are not mixed in yet
  std::uint64_t count_ = 0;
  unsigned filled_ = 0;
};

}  // namespace soak
