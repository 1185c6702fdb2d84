// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../operation_awaiter.hpp"

#include <cstddef>
#include <cstdint>

struct msghdr;

namespace halka::io {

struct HALKA_API receive_message_request {
  using result_type = std::size_t;
  void prepare(io_operation& op) const noexcept;
  std::size_t finish(io_operation const& op) const;

  int fd;
  msghdr* message;
  unsigned flags;
  std::uint32_t keeper = 0;
};

/// Receives into what `message` describes: several buffers, the sender's address, control data. `flags` are MSG_ constants;
/// `keeper` says who owns the descriptor, if he tells of its end (io_operation.hpp).
///
/// *Result*, *Errors*, *Cancellation*: as for `recv`. `message.msg_flags` tells whether a datagram was cut (MSG_TRUNC).
/// *Lifetime*: the message and all that it names, until the await ends.
/// *Source*: recvmsg(2).
inline operation<receive_message_request> receive_message(int fd, msghdr& message, unsigned flags = 0, std::uint32_t keeper = 0) {
  return operation<receive_message_request>({fd, &message, flags, keeper});
}

}  // namespace halka::io
