// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/unique_fd.hpp"
#include "../../sched/clock.hpp"
#include "../../sched/export.hpp"

#include <optional>

namespace halka {
class message_reader;
}

namespace halka::detail {

/// Until when a thread waits; none for ever.
using wait_until = std::optional<clock::time_point>;

/// A descriptor that is either readable or not, which every process that has it can see and change: an eventfd.
class HALKA_API wake_descriptor {
 public:
  wake_descriptor() = default;
  /// A new one. *Errors*: `std::system_error` with `what`.
  static wake_descriptor make(char const* what, bool readable);
  /// The next value of a message. *Errors*: `message_error` if that is none, or one that might block.
  static wake_descriptor receive_from(message_reader& in, char const* owner);

  /// Makes it readable.
  void set() const noexcept;
  /// Makes it unreadable.
  void clear() const noexcept;
  bool is_set() const noexcept;

  int fd() const noexcept { return fd_.get(); }
  unique_fd const& owner() const noexcept { return fd_; }

 private:
  explicit wake_descriptor(unique_fd fd) noexcept : fd_(std::move(fd)) {}

  unique_fd fd_;
};

/// Blocks the thread until a descriptor is readable (or writable). *Result*: false if the time ran out before.
HALKA_API bool block_until_readable(int fd, wait_until until);
HALKA_API bool block_until_writable(int fd, wait_until until);

/// Whether it is readable now.
HALKA_API bool is_readable(int fd) noexcept;

}  // namespace halka::detail
