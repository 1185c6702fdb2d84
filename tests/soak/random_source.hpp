// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace soak {

/// Numbers and bytes that follow from a seed (splitmix64).
class random_source {
 public:
  explicit random_source(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  /// Less than `n`.
  std::uint64_t below(std::uint64_t n) noexcept { return next() % n; }
  bool one_in(std::uint64_t n) noexcept { return below(n) == 0; }

  /// From 1 to 2^bits; each power of two is as likely as the next.
  std::size_t size(unsigned bits) noexcept { return static_cast<std::size_t>(1 + below(std::uint64_t{2} << below(bits))); }
  /// Mostly so short that an operation may have ended or not.
  std::chrono::microseconds moment() noexcept { return std::chrono::microseconds(below(std::uint64_t{1} << below(12))); }

  void fill(std::span<char> bytes) noexcept {
    while (bytes.size() >= sizeof(std::uint64_t)) {
      put(bytes.data(), sizeof(std::uint64_t));
      bytes = bytes.subspan(sizeof(std::uint64_t));
    }
    put(bytes.data(), bytes.size());
  }

 private:
  void put(char* to, std::size_t n) noexcept {
    std::uint64_t const word = next();
    if (n > 0) std::memcpy(to, &word, n);
  }

  std::uint64_t state_;
};

}  // namespace soak
