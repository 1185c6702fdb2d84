// SPDX-License-Identifier: MIT
#pragma once

// How an echo server of the benchmark begins: it listens on a free port of 127.0.0.1 and prints the port's number.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <cstdio>
#include <cstdlib>

namespace bench {

inline constexpr int backlog = 4096;

/// As many descriptors as the system lets this process have: 10,000 connections need more than the usual 1,024.
inline void raise_descriptor_limit() noexcept {
  rlimit limit{65536, 65536};
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

inline void print_port(unsigned port) {
  std::printf("%u\n", port);
  std::fflush(stdout);
}

/// A listening socket; accepted connections inherit TCP_NODELAY. `type` is or-ed to SOCK_STREAM.
inline int listen_on_free_port(int type = 0) {
  raise_descriptor_limit();
  int const fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | type, 0);
  int const on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(fd, backlog) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    std::perror("listen");
    std::exit(1);
  }
  print_port(ntohs(address.sin_port));
  return fd;
}

}  // namespace bench
