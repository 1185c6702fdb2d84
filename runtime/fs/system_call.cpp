// SPDX-License-Identifier: MIT
#include "system_call.hpp"

#include <unistd.h>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace halka::fs::detail {

void throw_error(int error, std::string_view call, std::string_view path) {
  throw std::system_error(error, std::system_category(), std::string(call) + ' ' + std::string(path));
}

void throw_error(int error, std::string_view call, std::string_view from, std::string_view to) {
  throw std::system_error(error, std::system_category(), std::string(call) + ' ' + std::string(from) + " to " + std::string(to));
}

std::string checked(std::string path) {
  if (path.find('\0') != std::string::npos) throw std::invalid_argument("a path contains a zero byte");
  return path;
}

thread_fd::~thread_fd() {
  if (fd_ >= 0) ::close(fd_);
}

int thread_fd::release() noexcept { return std::exchange(fd_, -1); }

}  // namespace halka::fs::detail
