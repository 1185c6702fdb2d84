// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../operation_awaiter.hpp"

#include <string>
#include <utility>

namespace halka::io {

struct HALKA_API unlink_request {
  using result_type = void;
  void prepare(io_operation& op) const noexcept;
  void finish(io_operation const& op) const;

  std::string path;
  bool directory;
};

/// Removes a name; with `directory`, an empty directory.
///
/// *Suspends*: always; the disk never blocks the loop.
/// *Errors*: `std::system_error` that names the path; `cancelled_error`.
/// *Cancellation*: what the kernel has begun is finished, and the cancellation comes at the next suspension.
/// *Source*: unlink(2), rmdir(2).
inline operation<unlink_request> unlink(std::string path, bool directory = false) {
  return operation<unlink_request>({std::move(path), directory});
}

}  // namespace halka::io
