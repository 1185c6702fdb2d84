// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"

#include <map>
#include <source_location>
#include <string>
#include <vector>

namespace halka {

/// The descriptors that the objects of a loop own, and where they were opened. Kept in debug mode only.
class HALKA_API descriptor_ledger {
 public:
  void opened(int fd, std::source_location where) { places_.insert_or_assign(fd, where); }
  void closed(int fd) noexcept { places_.erase(fd); }

  /// A line for each that is open: "descriptor 7 (socket:[4711]), opened at main.cpp:12, was never closed".
  std::vector<std::string> describe() const;

 private:
  std::map<int, std::source_location> places_;
};

namespace detail {

/// Tell the running loop of a descriptor, if it is in debug mode.
HALKA_API void note_opened(int fd, std::source_location where) noexcept;
HALKA_API void note_closed(int fd) noexcept;

}  // namespace detail

}  // namespace halka
