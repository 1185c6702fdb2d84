// SPDX-License-Identifier: MIT
// The limit of echo servers over epoll: level-triggered, one thread, one buffer for all connections, no state.
#include "../common/listener.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <cerrno>
#include <cstddef>
#include <vector>

namespace {

void watch(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

/// False if the connection has ended.
bool send_all(int fd, char const* data, std::size_t size) {
  while (size > 0) {
    ssize_t const sent = send(fd, data, size, MSG_NOSIGNAL);
    if (sent > 0) {
      data += sent;
      size -= static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN) {
      pollfd room{fd, POLLOUT, 0};
      poll(&room, 1, -1);
    } else {
      return false;
    }
  }
  return true;
}

bool echo(int fd, std::vector<char>& buffer) {
  ssize_t const got = recv(fd, buffer.data(), buffer.size(), 0);
  if (got > 0) return send_all(fd, buffer.data(), static_cast<std::size_t>(got));
  return got < 0 && errno == EAGAIN;
}

}  // namespace

int main() {
  int const listener = bench::listen_on_free_port(SOCK_NONBLOCK);
  int const epoll = epoll_create1(EPOLL_CLOEXEC);
  watch(epoll, listener);
  std::vector<epoll_event> events(1024);
  std::vector<char> buffer(16384);
  for (;;) {
    int const n = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < n; ++i) {
      int const fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener) {
        for (int c; (c = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) watch(epoll, c);
      } else if (!echo(fd, buffer)) {
        close(fd);
      }
    }
  }
}
