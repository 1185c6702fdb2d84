// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace bench {

/// Counts of durations in buckets that are at most 1.6 % wide.
class histogram {
 public:
  void add(std::uint64_t ns) noexcept {
    ++counts_[bucket(ns)];
    ++total_;
  }
  std::uint64_t total() const noexcept { return total_; }

  /// The duration that the given part of all does not exceed, in microseconds.
  double quantile_us(double part) const noexcept {
    auto left = static_cast<std::uint64_t>(part * static_cast<double>(total_));
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] > left) return static_cast<double>(lower_bound(i)) * 1e-3;
      left -= counts_[i];
    }
    return 0;
  }

 private:
  // The first 64 buckets are one nanosecond wide; from then on each power of two has 64.
  static constexpr unsigned bits = 6;
  static constexpr std::uint64_t parts = 1u << bits;

  static std::size_t bucket(std::uint64_t ns) noexcept {
    if (ns < parts) return ns;
    unsigned const shift = static_cast<unsigned>(std::bit_width(ns)) - bits - 1;
    return std::min<std::uint64_t>((shift + 1) * parts + ((ns >> shift) & (parts - 1)), 40 * parts - 1);
  }
  static std::uint64_t lower_bound(std::size_t i) noexcept {
    if (i < parts) return i;
    return (parts + i % parts) << (i / parts - 1);
  }

  std::array<std::uint64_t, 40 * parts> counts_{};
  std::uint64_t total_ = 0;
};

}  // namespace bench
