// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"
#include "socket_address.hpp"
#include "unique_fd.hpp"

#include <chrono>
#include <source_location>

namespace halka {

/// Which addresses are wanted.
enum class address_family : unsigned char { any, ipv4, ipv6 };

/// How a connection on which nothing moves is probed. Zero leaves the system's value (two hours, 75 s, 9).
struct keep_alive_options {
  std::chrono::seconds idle{0};      // until the first probe
  std::chrono::seconds interval{0};  // between probes
  int count = 0;                     // of probes without an answer, after which the connection is broken
};

namespace io {

/// What kind of socket: one of the two that carry bytes in order or single messages.
enum class socket_kind : unsigned char { stream, datagram };

/// The system's number for a family: AF_UNSPEC, AF_INET or AF_INET6.
HALKA_API int to_system(address_family family) noexcept;

/// A new socket for addresses of `family` (AF_INET, AF_INET6, AF_UNIX). It is close-on-exec, and it blocks: the kernel's operations
/// wait by themselves.
///
/// *Errors*: `std::system_error`, among them EMFILE.
/// *Source*: socket(2).
HALKA_API unique_fd make_socket(int family, socket_kind kind, std::source_location here = std::source_location::current());

/// Gives a socket its own address. *Errors*: `std::system_error`: "bind 127.0.0.1:80: Permission denied".
HALKA_API void bind(int fd, socket_address const& address);

/// Lets a bound stream socket take connections; `backlog` of them wait to be accepted. *Errors*: `std::system_error`.
HALKA_API void listen(int fd, int backlog);

/// Ends both directions: operations on the socket end, and a listening one stops. Errors do not matter then.
HALKA_API void shut_down(int fd) noexcept;

// -- options; *Errors*: `std::system_error` that names the option: "set TCP_NODELAY on fd 7: Operation not supported"

/// One option with an integer value, by the system's numbers; `name` is for the error.
HALKA_API void set_option(int fd, int level, int option, int value, char const* name);

/// Sends small writes at once instead of collecting them. *Source*: TCP_NODELAY, tcp(7).
HALKA_API void set_no_delay(int fd, bool on);
/// Notices a peer that has vanished. *Source*: SO_KEEPALIVE, tcp(7).
HALKA_API void set_keep_alive(int fd, bool on, keep_alive_options const& options = {});
/// Sizes of the kernel's buffers in bytes; the system may take less, and counts twice as much. *Source*: socket(7).
HALKA_API void set_send_buffer(int fd, int bytes);
HALKA_API void set_receive_buffer(int fd, int bytes);
/// Allows an address whose last connections are not forgotten yet.
HALKA_API void set_reuse_address(int fd, bool on);
/// Allows several sockets with the same address; the kernel spreads what arrives.
HALKA_API void set_reuse_port(int fd, bool on);
/// Whether an IPv6 socket leaves IPv4 alone.
HALKA_API void set_v6_only(int fd, bool on);
/// Lets the kernel choose the port of an outgoing connection when the destination is known, so that there are more of them. Systems
/// without the option do without.
HALKA_API void set_late_port(int fd) noexcept;

}  // namespace io

}  // namespace halka
