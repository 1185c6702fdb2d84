// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../operation_awaiter.hpp"

#include <cstdint>

namespace halka::io {

struct HALKA_API truncate_request {
  using result_type = void;
  void prepare(io_operation& op) const noexcept;
  void finish(io_operation const& op) const;

  int fd;
  std::uint64_t size;
};

/// Cuts a file, or makes it longer with zeroes.
///
/// *Suspends*: always. Below Linux 6.9 the call is made by the loop's thread.
/// *Errors*: `std::system_error`; `cancelled_error`.
/// *Cancellation*: what the kernel has begun is finished, and the cancellation comes at the next suspension.
/// *Source*: ftruncate(2).
inline operation<truncate_request> truncate(int fd, std::uint64_t size) { return operation<truncate_request>({fd, size}); }

}  // namespace halka::io
