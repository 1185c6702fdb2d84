// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../buffer.hpp"
#include "../operation_awaiter.hpp"

#include <cstddef>
#include <cstdint>

namespace halka::io {

struct HALKA_API read_request {
  using result_type = std::size_t;
  void prepare(io_operation& op) const noexcept;
  std::size_t finish(io_operation const& op) const;

  int fd;
  mutable_buffer buffer;
  std::uint64_t offset;
};

/// Reads into `buffer`, from `offset` or from where the descriptor stands.
///
/// *Suspends*: until something was read or the end is known.
/// *Result*: the number of bytes, 0 to the size of the buffer; 0 at the end.
/// *Errors*: `std::system_error`; `cancelled_error`.
/// *Cancellation*: bytes that were read are returned, and the cancellation comes at the next suspension.
/// *Source*: read(2), pread(2).
inline operation<read_request> read(int fd, mutable_buffer buffer, std::uint64_t offset = current_position) {
  return operation<read_request>({fd, buffer, offset});
}

}  // namespace halka::io
