// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"

#include <string_view>

namespace halka {

/// What a mode in the manner of Python's `open` means.
struct file_mode {
  bool reads = false;
  bool writes = false;
  bool appends = false;
  int flags = 0;  // O_ constants

  /// "r", "w", "a" or "x", with "+" and with "b" or "t", which make no difference, in any order.
  ///
  /// *Errors*: `std::invalid_argument`.
  HALKA_API static file_mode parse(std::string_view text);
};

}  // namespace halka
