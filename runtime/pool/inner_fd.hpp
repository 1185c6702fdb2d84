// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/unique_fd.hpp"
#include "../../sched/export.hpp"

#include <utility>

namespace halka::detail {

/// A descriptor of the library's own that may outlive the loop: the loop does not count it among those that the program forgot.
class HALKA_API inner_fd {
 public:
  inner_fd() noexcept = default;
  explicit inner_fd(int fd) noexcept : fd_(fd) {}
  explicit inner_fd(unique_fd&& fd) noexcept : fd_(fd.release()) {}
  inner_fd(inner_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  inner_fd& operator=(inner_fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~inner_fd() { close(); }

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  void close() noexcept;

 private:
  int fd_ = -1;
};

}  // namespace halka::detail
