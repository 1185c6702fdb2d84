// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../operation_awaiter.hpp"
#include "../socket_address.hpp"

namespace halka::io {

struct HALKA_API connect_request {
  using result_type = void;
  void prepare(io_operation& op) const noexcept;
  void finish(io_operation const& op) const;

  int fd;
  socket_address to;
};

/// Connects a socket.
///
/// *Suspends*: until the connection stands or is refused.
/// *Errors*: `std::system_error` that names the address: "connect 127.0.0.1:1: Connection refused"; `cancelled_error`.
/// *Cancellation*: the state of the socket is then undefined: close it.
/// *Source*: connect(2).
inline operation<connect_request> connect(int fd, socket_address const& to) { return operation<connect_request>({fd, to}); }

}  // namespace halka::io
