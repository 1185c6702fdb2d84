// SPDX-License-Identifier: MIT
#pragma once

#include <cctype>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>

namespace soak {

/// "10G", "256M", "4k", "100": powers of 1024.
inline std::uint64_t parse_amount(std::string const& text) {
  std::size_t end = 0;
  std::uint64_t const number = std::stoull(text, &end);
  std::string const unit = text.substr(end);
  int const shift = unit.empty() ? 0 : unit == "k" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : -1;
  if (shift < 0) throw std::invalid_argument(text + " is no amount; they look like 256M");
  return number << shift;
}

inline std::string format_amount(std::uint64_t bytes) {
  char text[32];
  bool const large = bytes >= std::uint64_t{1} << 30;
  std::snprintf(text, sizeof text, "%.1f %s", static_cast<double>(bytes) / (large ? 1 << 30 : 1 << 20), large ? "GiB" : "MiB");
  return text;
}

}  // namespace soak
