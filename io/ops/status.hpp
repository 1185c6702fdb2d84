// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../operation_awaiter.hpp"

#include <string>
#include <utility>

struct statx;

namespace halka::io {

struct HALKA_API status_request {
  using result_type = void;
  void prepare(io_operation& op) const noexcept;
  void finish(io_operation const& op) const;

  int directory;
  std::string path;
  int flags;
  unsigned mask;
  struct statx* result;
};

/// Asks for what the system knows of a file: fills `result` in. `flags` are AT_ constants (AT_EMPTY_PATH for `directory` itself),
/// `mask` STATX_ constants.
///
/// *Suspends*: always; the disk never blocks the loop.
/// *Errors*: `std::system_error` that names the path; `cancelled_error`.
/// *Lifetime*: `result`, until the await ends.
/// *Source*: statx(2).
inline operation<status_request> status(int directory, std::string path, int flags, unsigned mask, struct statx& result) {
  return operation<status_request>({directory, std::move(path), flags, mask, &result});
}

}  // namespace halka::io
