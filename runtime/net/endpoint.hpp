// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/socket_address.hpp"

#include <cstdint>
#include <string_view>

namespace halka {

/// One end of a socket, as a program names it: a host and a port, or an address that is known already.
///
/// *Lifetime*: the host is only referred to; functions that take an endpoint copy it before they suspend.
class endpoint {
 public:
  /// None.
  endpoint() noexcept = default;
  /// A name or an address in numbers; empty for this machine.
  endpoint(std::string_view host, std::uint16_t port) noexcept : host_(host), port_(port), named_(true) {}
  endpoint(socket_address const& address) noexcept : address_(address) {}

  bool is_set() const noexcept { return named_ || address_.is_set(); }
  /// Whether a host was given, that is to be resolved.
  bool is_named() const noexcept { return named_; }
  std::string_view host() const noexcept { return host_; }
  std::uint16_t port() const noexcept { return port_; }
  socket_address const& address() const noexcept { return address_; }

 private:
  std::string_view host_;
  std::uint16_t port_ = 0;
  bool named_ = false;
  socket_address address_;
};

}  // namespace halka
