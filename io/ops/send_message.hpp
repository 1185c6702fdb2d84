// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../operation_awaiter.hpp"

#include <cstddef>
#include <cstdint>

struct msghdr;

namespace halka::io {

struct HALKA_API send_message_request {
  using result_type = std::size_t;
  void prepare(io_operation& op) const noexcept;
  std::size_t finish(io_operation const& op) const;

  int fd;
  msghdr* message;
  unsigned flags;
  std::uint32_t keeper = 0;
};

/// Sends what `message` describes: several buffers, an address, control data. `flags` are MSG_ constants;
/// `keeper` says who owns the descriptor, if he tells of its end (io_operation.hpp).
///
/// *Result*, *Errors*, *Cancellation*: as for `send`.
/// *Lifetime*: the message and all that it names, until the await ends.
/// *Source*: sendmsg(2).
inline operation<send_message_request> send_message(int fd, msghdr& message, unsigned flags = 0, std::uint32_t keeper = 0) {
  return operation<send_message_request>({fd, &message, flags, keeper});
}

}  // namespace halka::io
