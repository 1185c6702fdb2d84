// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../operation_awaiter.hpp"
#include "../unique_fd.hpp"

namespace halka::io {

struct HALKA_API close_request {
  using result_type = void;
  static constexpr bool must_happen = true;  // else the descriptor would leak
  void prepare(io_operation& op) const noexcept;
  void finish(io_operation const& op);

  unique_fd fd;  // until the kernel has closed it
};

/// Closes a descriptor in the kernel's own time, behind the operations that were begun before.
///
/// *Errors*: `std::system_error` of writes that failed late; the descriptor is closed all the same.
/// *Cancellation*: it is not given up: the descriptor is closed, and the cancellation comes at the next suspension.
/// *Source*: close(2).
inline operation<close_request> close(unique_fd fd) { return operation<close_request>({std::move(fd)}); }

}  // namespace halka::io
