// SPDX-License-Identifier: MIT
#include "captured_output.hpp"

#include <unistd.h>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace halka::test {

captured_output::captured_output(int fd) : fd_(fd) {
  std::fflush(nullptr);
  std::array<char, 32> name{"/tmp/halka-test-XXXXXX"};
  before_ = dup(fd_);
  file_ = mkstemp(name.data());
  unlink(name.data());
  dup2(file_, fd_);
}

captured_output::~captured_output() {
  std::fflush(nullptr);
  dup2(before_, fd_);
  close(before_);
  close(file_);
}

std::string captured_output::text() const {
  std::fflush(nullptr);
  std::string text(static_cast<std::size_t>(lseek(file_, 0, SEEK_END)), '\0');
  auto const length = pread(file_, text.data(), text.size(), 0);
  text.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
  return text;
}

}  // namespace halka::test
