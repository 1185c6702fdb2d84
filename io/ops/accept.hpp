// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../operation_awaiter.hpp"
#include "../socket_address.hpp"
#include "../unique_fd.hpp"

#include <source_location>

namespace halka::io {

/// A connection that was accepted: its descriptor and the other end's address.
struct accepted_connection {
  unique_fd fd;
  socket_address peer;
};

struct HALKA_API accept_request {
  using result_type = accepted_connection;
  void prepare(io_operation& op) noexcept;
  accepted_connection finish(io_operation const& op) const;

  int fd;
  std::source_location opened_at;
  alignas(8) char address[128] = {};
  unsigned address_length = sizeof address;
};

/// Accepts a connection on a listening socket. The new descriptor is close-on-exec.
///
/// *Suspends*: until there is one. One operation takes one connection; where a pass of the loop is long and many clients come, keep
/// several in flight, as `start_server` does.
/// *Errors*: `std::system_error`, among them EMFILE and ENFILE, with which the connection stays in the queue; `cancelled_error`.
/// *Cancellation*: a connection that was accepted is returned, and the cancellation comes at the next suspension.
/// *Source*: accept4(2).
inline operation<accept_request> accept(int fd, std::source_location here = std::source_location::current()) {
  return operation<accept_request>({fd, here});
}

}  // namespace halka::io
