// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../operation_awaiter.hpp"

namespace halka::io {

/// How a child process ended: its exit code, or minus the number of the signal that killed it.
using child_status = int;

struct HALKA_API wait_child_request {
  using result_type = child_status;
  void prepare(io_operation& op) noexcept;
  child_status finish(io_operation const& op);

  int pidfd;
  alignas(8) char info[128] = {};  // a siginfo_t, which the kernel fills in
};

/// Whether this process can wait for the one that the pidfd means: it is its child, and nobody has waited for it yet.
bool is_own_child(int pidfd) noexcept;

/// Waits for the end of a child process and takes its status, so that no zombie stays.
///
/// *Suspends*: until it has ended. Below Linux 6.7 its pidfd is polled.
/// *Errors*: `std::system_error` (ECHILD: somebody else took the status); `cancelled_error`.
/// *Cancellation*: a status that was taken is returned, and the cancellation comes at the next suspension.
/// *Source*: waitid(2), pidfd_open(2).
inline operation<wait_child_request> wait_child(int pidfd) { return operation<wait_child_request>({pidfd}); }

}  // namespace halka::io
