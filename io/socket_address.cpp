// SPDX-License-Identifier: MIT
#include "socket_address.hpp"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace halka {

namespace {

template <class T>
T view_as(char const* bytes) noexcept {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

}  // namespace

socket_address::socket_address(sockaddr const* address, std::size_t length) noexcept {
  static_assert(sizeof(sockaddr_un) == sizeof bytes_);
  if (length < sizeof(sa_family_t) ||
      (address->sa_family != AF_INET && address->sa_family != AF_INET6 && address->sa_family != AF_UNIX))
    return;
  length_ = static_cast<std::uint16_t>(std::min(length, sizeof bytes_));
  std::memcpy(bytes_, address, length_);
}

socket_address socket_address::ip(std::string_view numbers, std::uint16_t port) {
  std::string const text(numbers);
  if (text.find('\0') != std::string::npos) throw std::invalid_argument("an IP address with a zero character in it");
  sockaddr_in v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return {reinterpret_cast<sockaddr const*>(&v4), sizeof v4};
  }
  sockaddr_in6 v6{};
  std::size_t const scope = text.find('%');
  if (inet_pton(AF_INET6, text.substr(0, scope).c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    if (scope != std::string::npos) v6.sin6_scope_id = if_nametoindex(text.c_str() + scope + 1);
    if (scope == std::string::npos || v6.sin6_scope_id != 0) return {reinterpret_cast<sockaddr const*>(&v6), sizeof v6};
  }
  throw std::invalid_argument("'" + text + "' is not an IP address in numbers");
}

socket_address socket_address::unix_path(std::string_view path) {
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof address.sun_path)
    throw std::invalid_argument("unix socket '" + std::string(path) + "': the path must have 1 to " +
                                std::to_string(sizeof address.sun_path - 1) + " bytes");
  if (path.front() != '\0' && path.find('\0') != std::string_view::npos)
    throw std::invalid_argument("unix socket '" + std::string(path.substr(0, path.find('\0'))) +
                                "': a path ends at its first zero character, and here more follows");
  address.sun_family = AF_UNIX;
  std::ranges::copy(path, address.sun_path);
  // An abstract name ends where its length says, a path with a zero.
  std::size_t const end = path.front() == '\0' ? 0 : 1;
  return {reinterpret_cast<sockaddr const*>(&address), offsetof(sockaddr_un, sun_path) + path.size() + end};
}

socket_address socket_address::local_of(int fd) noexcept {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  auto* const address = reinterpret_cast<sockaddr*>(&storage);
  return getsockname(fd, address, &length) == 0 ? socket_address(address, length) : socket_address();
}

socket_address socket_address::peer_of(int fd) noexcept {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  auto* const address = reinterpret_cast<sockaddr*>(&storage);
  return getpeername(fd, address, &length) == 0 ? socket_address(address, length) : socket_address();
}

int socket_address::family() const noexcept { return is_set() ? view_as<sa_family_t>(bytes_) : AF_UNSPEC; }

bool socket_address::is_ip() const noexcept { return family() == AF_INET || family() == AF_INET6; }

bool socket_address::is_unix() const noexcept { return family() == AF_UNIX; }

std::uint16_t socket_address::port() const noexcept {
  // The port stands at the same place in both.
  static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
  return is_ip() ? ntohs(view_as<in_port_t>(bytes_ + offsetof(sockaddr_in, sin_port))) : std::uint16_t{0};
}

std::string socket_address::host() const {
  char text[INET6_ADDRSTRLEN];
  switch (family()) {
    case AF_INET: {
      auto const address = view_as<sockaddr_in>(bytes_);
      return inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
    }
    case AF_INET6: {
      auto const address = view_as<sockaddr_in6>(bytes_);
      std::string host = inet_ntop(AF_INET6, &address.sin6_addr, text, sizeof text);
      char interface[IF_NAMESIZE];
      if (address.sin6_scope_id != 0 && if_indextoname(address.sin6_scope_id, interface)) host += std::string("%") + interface;
      return host;
    }
    case AF_UNIX: {
      std::size_t const begin = offsetof(sockaddr_un, sun_path);
      if (length_ <= begin) return "(unnamed)";
      std::string_view const path(bytes_ + begin, length_ - begin);
      if (path.front() == '\0') return "@" + std::string(path.substr(1));
      return std::string(path.substr(0, path.find('\0')));
    }
    default:
      return "(none)";
  }
}

std::string socket_address::to_string() const {
  if (!is_ip()) return host();
  std::string const port_text = ":" + std::to_string(port());
  return family() == AF_INET6 ? "[" + host() + "]" + port_text : host() + port_text;
}

bool operator==(socket_address const& a, socket_address const& b) noexcept {
  return a.length_ == b.length_ && std::memcmp(a.bytes_, b.bytes_, a.length_) == 0;
}

}  // namespace halka
