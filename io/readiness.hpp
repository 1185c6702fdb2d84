// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"
#include "operation_awaiter.hpp"

namespace halka {

struct HALKA_API readiness_request {
  using result_type = void;
  static constexpr bool repeatable = true;  // readiness is not used up by being told
  void prepare(io_operation& op) const noexcept;
  void finish(io_operation const& op) const;

  int fd;
  unsigned events;
};

/// What `readable` and `writable` return.
using readiness_operation = operation<readiness_request>;

/// Suspends until `fd` can be read without blocking: there is data, the end, a connection to accept, or an error to be read.
///
/// *Suspends*: always, for a pass at least.
/// *Errors*: `std::system_error` that names the descriptor (EBADF); `cancelled_error`.
/// *Cancellation*: nothing is lost; await it again.
/// *Lifetime*: the descriptor must stay open until the await is over.
/// *Source*: poll(2) with POLLIN; asyncio's loop.add_reader.
HALKA_API readiness_operation readable(int fd) noexcept;

/// Suspends until `fd` can be written without blocking, or writing would fail. Else as `readable`, with POLLOUT.
HALKA_API readiness_operation writable(int fd) noexcept;

}  // namespace halka
