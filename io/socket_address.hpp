// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

struct sockaddr;

namespace halka {

/// The address of one end of a socket: IPv4, IPv6 or unix.
///
/// *Source*: sockaddr(3type), ip(7), ipv6(7), unix(7).
class HALKA_API socket_address {
 public:
  /// Of no socket.
  socket_address() noexcept = default;
  /// What the kernel wrote. An address of another family becomes one of no socket.
  socket_address(sockaddr const* address, std::size_t length) noexcept;

  /// An address in numbers: "127.0.0.1", "::1", "fe80::1%eth0". *Errors*: `std::invalid_argument` for anything else.
  static socket_address ip(std::string_view numbers, std::uint16_t port);
  /// A path, or with a leading zero character a name in the abstract namespace. *Errors*: `std::invalid_argument` if it is longer
  /// than the 107 bytes that the system takes, or empty.
  static socket_address unix_path(std::string_view path);
  /// The address of this end, or of the other end, of a socket; of no socket if it has none.
  static socket_address local_of(int fd) noexcept;
  static socket_address peer_of(int fd) noexcept;

  bool is_set() const noexcept { return length_ > 0; }
  bool is_ip() const noexcept;
  bool is_unix() const noexcept;
  int family() const noexcept;

  /// The port of an IP address, else 0.
  std::uint16_t port() const noexcept;
  /// Without the port: "127.0.0.1", "::1", "/run/x.sock".
  std::string host() const;
  /// "127.0.0.1:80", "[::1]:80", "/run/x.sock", "@abstract", "(unnamed)".
  std::string to_string() const;

  sockaddr const* data() const noexcept { return reinterpret_cast<sockaddr const*>(bytes_); }
  std::size_t size() const noexcept { return length_; }

  friend bool operator==(socket_address const& a, socket_address const& b) noexcept;

 private:
  alignas(8) char bytes_[110] = {};  // room for the longest, sockaddr_un
  std::uint16_t length_ = 0;
};

}  // namespace halka
