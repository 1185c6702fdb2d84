// SPDX-License-Identifier: MIT
#include "told.hpp"

#include <unistd.h>
#include <cerrno>

namespace halka::test {

namespace {

/// One byte: false at the end.
bool take(int fd, char& c) {
  ssize_t got;
  while ((got = read(fd, &c, 1)) < 0 && errno == EINTR) {
  }
  return got == 1;
}

}  // namespace

std::string told::text() {
  ends_.write_end.close();
  std::string all;
  for (char c = 0; take(ends_.read_end.get(), c);) all += c;
  return all;
}

std::string told::line() {
  ends_.write_end.close();
  std::string one;
  for (char c = 0; take(ends_.read_end.get(), c) && c != '\n';) one += c;
  return one;
}

void tell(unique_fd const& pen, std::string const& text) { static_cast<void>(!write(pen.get(), text.data(), text.size())); }

}  // namespace halka::test
