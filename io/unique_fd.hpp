// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"

#include <source_location>
#include <utility>

namespace halka {

/// A descriptor that is closed when its owner goes. In debug mode the loop remembers where each was opened, and reports those that
/// are still open when the loop ends.
///
/// *Thread safety*: like an int; made and closed on the loop's thread if it shall be watched.
class HALKA_API unique_fd {
 public:
  unique_fd() noexcept = default;
  /// Owns `fd`; -1 for none. `opened_at` is the line of the program to which a leak is attributed.
  explicit unique_fd(int fd, std::source_location opened_at = std::source_location::current());
  unique_fd(unique_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  unique_fd& operator=(unique_fd&& other) noexcept {
    if (this == &other) return *this;
    close();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }
  ~unique_fd() { close(); }

  int get() const noexcept { return fd_; }
  bool is_open() const noexcept { return fd_ >= 0; }
  explicit operator bool() const noexcept { return is_open(); }

  /// Gives the descriptor to the caller.
  [[nodiscard]] int release() noexcept;

  /// Closes it. Harmless when called again. Operations of the kernel on it must have ended or be in the kernel's hands already.
  void close() noexcept;

 private:
  int fd_ = -1;
};

}  // namespace halka
