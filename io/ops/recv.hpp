// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../buffer.hpp"
#include "../operation_awaiter.hpp"

#include <cstddef>

namespace halka::io {

struct HALKA_API recv_request {
  using result_type = std::size_t;
  void prepare(io_operation& op) const noexcept;
  std::size_t finish(io_operation const& op) const;

  int fd;
  mutable_buffer buffer;
  unsigned flags;
};

/// Receives from a socket into `buffer`; `flags` are MSG_ constants.
///
/// *Suspends*: until something has arrived or the peer has ended.
/// *Result*: the number of bytes; 0 when the peer has ended its side.
/// *Errors*: `std::system_error`; `cancelled_error`.
/// *Cancellation*: bytes that were received are returned, and the cancellation comes at the next suspension.
/// *Source*: recv(2).
inline operation<recv_request> recv(int fd, mutable_buffer buffer, unsigned flags = 0) {
  return operation<recv_request>({fd, buffer, flags});
}

}  // namespace halka::io
