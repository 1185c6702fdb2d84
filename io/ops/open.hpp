// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../operation_awaiter.hpp"
#include "../unique_fd.hpp"

#include <source_location>
#include <string>
#include <utility>

namespace halka::io {

struct HALKA_API open_request {
  using result_type = unique_fd;
  void prepare(io_operation& op) const noexcept;
  unique_fd finish(io_operation const& op) const;

  std::string path;
  int flags;
  unsigned mode;
  std::source_location opened_at;
};

/// Opens a file; `flags` are O_ constants, O_CLOEXEC is added. A relative path starts at the working directory.
///
/// *Suspends*: always; the disk never blocks the loop.
/// *Errors*: `std::system_error` that names the path; `cancelled_error`.
/// *Cancellation*: a descriptor that was opened is returned, and the cancellation comes at the next suspension.
/// *Source*: open(2).
inline operation<open_request> open(std::string path, int flags, unsigned mode = 0666,
                                    std::source_location here = std::source_location::current()) {
  return operation<open_request>({std::move(path), flags, mode, here});
}

}  // namespace halka::io
