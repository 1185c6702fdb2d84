// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../operation_awaiter.hpp"

namespace halka::io {

struct HALKA_API sync_request {
  using result_type = void;
  void prepare(io_operation& op) const noexcept;
  void finish(io_operation const& op) const;

  int fd;
  bool data_only;
};

/// Waits until what was written to a file is on the disk; with `data_only`, without the times of the file.
///
/// *Suspends*: always; the disk never blocks the loop.
/// *Errors*: `std::system_error`; `cancelled_error`.
/// *Cancellation*: what the kernel has begun is finished, and the cancellation comes at the next suspension.
/// *Source*: fsync(2), fdatasync(2).
inline operation<sync_request> sync(int fd, bool data_only = false) { return operation<sync_request>({fd, data_only}); }

}  // namespace halka::io
