// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../operation_awaiter.hpp"

#include <string>
#include <utility>

namespace halka::io {

struct HALKA_API make_directory_request {
  using result_type = void;
  void prepare(io_operation& op) const noexcept;
  void finish(io_operation const& op) const;

  std::string path;
  unsigned mode;
};

/// Makes a directory.
///
/// *Suspends*: always; the disk never blocks the loop.
/// *Errors*: `std::system_error` that names the path; `cancelled_error`.
/// *Cancellation*: what the kernel has begun is finished, and the cancellation comes at the next suspension.
/// *Source*: mkdir(2).
inline operation<make_directory_request> make_directory(std::string path, unsigned mode = 0777) {
  return operation<make_directory_request>({std::move(path), mode});
}

}  // namespace halka::io
