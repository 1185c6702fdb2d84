// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace halka {

/// Random numbers that depend on the seed alone, on every machine.
///
/// *Source*: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (splitmix64).
class fuzz_random {
 public:
  explicit fuzz_random(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept { return mix(state_ += 0x9e3779b97f4a7c15U); }
  /// One of 0 to n - 1.
  std::uint64_t below(std::uint64_t n) noexcept { return next() % n; }
  bool one_in(std::uint64_t n) noexcept { return below(n) == 0; }

  /// A number that looks random and is the same for the same x.
  static constexpr std::uint64_t mix(std::uint64_t x) noexcept {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
  }

 private:
  std::uint64_t state_;
};

}  // namespace halka
