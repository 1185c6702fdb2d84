// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../buffer.hpp"
#include "../operation_awaiter.hpp"

#include <cstddef>

namespace halka::io {

struct HALKA_API send_request {
  using result_type = std::size_t;
  void prepare(io_operation& op) const noexcept;
  std::size_t finish(io_operation const& op) const;

  int fd;
  const_buffer buffer;
  unsigned flags;
};

/// Sends `buffer` over a connected socket; `flags` are MSG_ constants. A peer that is gone is an error, never a SIGPIPE.
///
/// *Suspends*: until the kernel has taken bytes; with MSG_WAITALL, all of them.
/// *Result*: the number of bytes taken.
/// *Errors*: `std::system_error`; `cancelled_error`.
/// *Cancellation*: if bytes were taken their number is returned, and the cancellation comes at the next suspension.
/// *Source*: send(2).
inline operation<send_request> send(int fd, const_buffer buffer, unsigned flags = 0) {
  return operation<send_request>({fd, buffer, flags});
}

}  // namespace halka::io
