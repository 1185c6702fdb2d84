// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../operation_awaiter.hpp"

#include <string>
#include <utility>

namespace halka::io {

struct HALKA_API rename_request {
  using result_type = void;
  void prepare(io_operation& op) const noexcept;
  void finish(io_operation const& op) const;

  std::string from;
  std::string to;
  unsigned flags;
};

/// Gives a file another name, replacing what has it; `flags` are RENAME_ constants.
///
/// *Suspends*: always; the disk never blocks the loop.
/// *Errors*: `std::system_error` that names both paths; `cancelled_error`.
/// *Cancellation*: what the kernel has begun is finished, and the cancellation comes at the next suspension.
/// *Source*: renameat2(2).
inline operation<rename_request> rename(std::string from, std::string to, unsigned flags = 0) {
  return operation<rename_request>({std::move(from), std::move(to), flags});
}

}  // namespace halka::io
