// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../operation_awaiter.hpp"

#include <cstddef>
#include <cstdint>

namespace halka::io {

struct HALKA_API splice_request {
  using result_type = std::size_t;
  void prepare(io_operation& op) const noexcept;
  std::size_t finish(io_operation const& op) const;

  int from;
  std::uint64_t offset;
  int to;
  std::size_t length;
};

/// Moves bytes between two descriptors inside the kernel; one of them must be a pipe. `offset` is where to read, or
/// `current_position`.
///
/// *Suspends*: until something was moved or the end is known.
/// *Result*: the number of bytes; 0 at the end.
/// *Errors*: `std::system_error` (EAGAIN: io_uring does not wait where a descriptor has O_NONBLOCK; epoll does); `cancelled_error`.
/// SIGPIPE is set to ignored, unless the program has chosen something itself.
/// *Cancellation*: if bytes were moved their number is returned, and the cancellation comes at the next suspension.
/// *Source*: splice(2).
inline operation<splice_request> splice(int from, std::uint64_t offset, int to, std::size_t length) {
  return operation<splice_request>({from, offset, to, length});
}

}  // namespace halka::io
