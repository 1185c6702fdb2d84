// SPDX-License-Identifier: MIT
#include "descriptors.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <system_error>

namespace halka::test {

void descriptor::close() noexcept {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

pipe_pair::pipe_pair() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) throw std::system_error(errno, std::system_category(), "pipe2");
  read_end = descriptor(ends[0]);
  write_end = descriptor(ends[1]);
}

void pipe_pair::write(std::string_view text) const {
  if (::write(write_end.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw std::system_error(errno, std::system_category(), "write to a pipe");
}

std::string pipe_pair::read() const {
  std::array<char, 4096> buffer{};
  ssize_t const length = ::read(read_end.get(), buffer.data(), buffer.size());
  return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
}

void pipe_pair::fill() const {
  std::array<char, 4096> const zeros{};
  while (::write(write_end.get(), zeros.data(), zeros.size()) > 0) {
  }
}

void pipe_pair::drain() const {
  while (!read().empty()) {
  }
}

socket_pair::socket_pair() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
    throw std::system_error(errno, std::system_category(), "socketpair");
  first = descriptor(ends[0]);
  second = descriptor(ends[1]);
}

std::size_t open_descriptors() {
  auto const entries = std::filesystem::directory_iterator("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(std::filesystem::begin(entries), std::filesystem::end(entries)));
}

void raise_descriptor_limit(std::size_t wanted) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min(std::max<rlim_t>(limit.rlim_cur, wanted), limit.rlim_max);
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace halka::test
