// SPDX-License-Identifier: MIT
#include "wake_descriptor.hpp"

#include "../../io/operation_awaiter.hpp"
#include "take_descriptor.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdint>

namespace halka::detail {

namespace {

int milliseconds_until(wait_until until) {
  if (!until) return -1;
  auto const left = std::chrono::ceil<std::chrono::milliseconds>(*until - clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX));
}

bool block_until(int fd, short events, wait_until until) {
  while (true) {
    pollfd waited{fd, events, 0};
    int const ready = poll(&waited, 1, milliseconds_until(until));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) throw_io_error(errno, "poll fd " + std::to_string(fd));
    if (until && clock::now() >= *until) return false;
  }
}

}  // namespace

wake_descriptor wake_descriptor::make(char const* what, bool readable) {
  unique_fd fd(eventfd(readable ? 1 : 0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd) throw_io_error(errno, what);
  return wake_descriptor(std::move(fd));
}

wake_descriptor wake_descriptor::receive_from(message_reader& in, char const* owner) {
  wake_descriptor received(take_descriptor(in, owner));
  // One that is not an eventfd wakes nobody; one that blocks would stop the loop.
  if (!(fcntl(received.fd(), F_GETFL) & O_NONBLOCK))
    throw message_error(std::string("the message is garbled: a descriptor of a ") + owner + " blocks");
  return received;
}

void wake_descriptor::set() const noexcept {
  std::uint64_t const one = 1;
  [[maybe_unused]] ssize_t const written = write(fd_.get(), &one, sizeof one);  // EAGAIN: it is set more than often enough
}

void wake_descriptor::clear() const noexcept {
  std::uint64_t count = 0;
  [[maybe_unused]] ssize_t const got = read(fd_.get(), &count, sizeof count);  // EAGAIN: it is not set
}

bool wake_descriptor::is_set() const noexcept { return is_readable(fd_.get()); }

bool block_until_readable(int fd, wait_until until) { return block_until(fd, POLLIN, until); }
bool block_until_writable(int fd, wait_until until) { return block_until(fd, POLLOUT, until); }

bool is_readable(int fd) noexcept {
  pollfd waited{fd, POLLIN, 0};
  while (true) {
    int const ready = poll(&waited, 1, 0);
    if (ready >= 0 || errno != EINTR) return ready > 0;
  }
}

}  // namespace halka::detail
