// SPDX-License-Identifier: MIT
#include "socket.hpp"

#include "operation_awaiter.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <cerrno>
#include <string>

namespace halka::io {

namespace {

int seconds(std::chrono::seconds duration) noexcept { return static_cast<int>(duration.count()); }

}  // namespace

int to_system(address_family family) noexcept {
  switch (family) {
    case address_family::ipv4:
      return AF_INET;
    case address_family::ipv6:
      return AF_INET6;
    case address_family::any:
      break;
  }
  return AF_UNSPEC;
}

unique_fd make_socket(int family, socket_kind kind, std::source_location here) {
  int const type = kind == socket_kind::stream ? SOCK_STREAM : SOCK_DGRAM;
  int const fd = ::socket(family, type | SOCK_CLOEXEC, 0);
  if (fd < 0) detail::throw_io_error(errno, "socket");
  return unique_fd(fd, here);
}

void bind(int fd, socket_address const& address) {
  if (::bind(fd, address.data(), static_cast<socklen_t>(address.size())) != 0)
    detail::throw_io_error(errno, "bind " + address.to_string());
}

void listen(int fd, int backlog) {
  if (::listen(fd, backlog) == 0) return;
  int const error = errno;
  detail::throw_io_error(error, "listen " + socket_address::local_of(fd).to_string());
}

void shut_down(int fd) noexcept { ::shutdown(fd, SHUT_RDWR); }

void set_option(int fd, int level, int option, int value, char const* name) {
  if (::setsockopt(fd, level, option, &value, sizeof value) != 0)
    detail::throw_io_error(errno, std::string("set ") + name + " on fd " + std::to_string(fd));
}

void set_no_delay(int fd, bool on) { set_option(fd, IPPROTO_TCP, TCP_NODELAY, on, "TCP_NODELAY"); }

void set_keep_alive(int fd, bool on, keep_alive_options const& options) {
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, on, "SO_KEEPALIVE");
  if (!on) return;
  if (options.idle.count() != 0) set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds(options.idle), "TCP_KEEPIDLE");
  if (options.interval.count() != 0) set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, seconds(options.interval), "TCP_KEEPINTVL");
  if (options.count != 0) set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, options.count, "TCP_KEEPCNT");
}

void set_send_buffer(int fd, int bytes) { set_option(fd, SOL_SOCKET, SO_SNDBUF, bytes, "SO_SNDBUF"); }

void set_receive_buffer(int fd, int bytes) { set_option(fd, SOL_SOCKET, SO_RCVBUF, bytes, "SO_RCVBUF"); }

void set_reuse_address(int fd, bool on) { set_option(fd, SOL_SOCKET, SO_REUSEADDR, on, "SO_REUSEADDR"); }

void set_reuse_port(int fd, bool on) { set_option(fd, SOL_SOCKET, SO_REUSEPORT, on, "SO_REUSEPORT"); }

void set_v6_only(int fd, bool on) { set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, on, "IPV6_V6ONLY"); }

void set_late_port(int fd) noexcept {
  constexpr int bind_address_no_port = 24;  // IP_BIND_ADDRESS_NO_PORT
  int const on = 1;
  ::setsockopt(fd, IPPROTO_IP, bind_address_no_port, &on, sizeof on);
}

}  // namespace halka::io
