// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../buffer.hpp"
#include "../operation_awaiter.hpp"

#include <cstddef>
#include <cstdint>

namespace halka::io {

struct HALKA_API write_request {
  using result_type = std::size_t;
  void prepare(io_operation& op) const noexcept;
  std::size_t finish(io_operation const& op) const;

  int fd;
  const_buffer buffer;
  std::uint64_t offset;
};

/// Writes from `buffer`, at `offset` or where the descriptor stands.
///
/// *Suspends*: until something was written.
/// *Result*: the number of bytes, which may be less than the buffer holds.
/// *Errors*: `std::system_error`; `cancelled_error`. A pipe that nobody reads raises SIGPIPE unless that is ignored.
/// *Cancellation*: if something was written its size is returned, and the cancellation comes at the next suspension.
/// *Source*: write(2), pwrite(2).
inline operation<write_request> write(int fd, const_buffer buffer, std::uint64_t offset = current_position) {
  return operation<write_request>({fd, buffer, offset});
}

}  // namespace halka::io
