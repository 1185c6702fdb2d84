// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace halka::fs::detail {

/// Throws the error of a system call: "readlink /tmp/x: Invalid argument".
[[noreturn]] void throw_error(int error, std::string_view call, std::string_view path);
/// The same for a call on two paths: "symlink a to b: File exists".
[[noreturn]] void throw_error(int error, std::string_view call, std::string_view from, std::string_view to);

/// The path, if the kernel can be told of it. *Errors*: `std::invalid_argument` for one with a zero byte.
std::string checked(std::string path);

/// A descriptor of a worker thread, which the loop does not watch.
class thread_fd {
 public:
  explicit thread_fd(int fd) noexcept : fd_(fd) {}
  thread_fd(thread_fd const&) = delete;
  thread_fd& operator=(thread_fd const&) = delete;
  ~thread_fd();
  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  int release() noexcept;

 private:
  int fd_;
};

}  // namespace halka::fs::detail
