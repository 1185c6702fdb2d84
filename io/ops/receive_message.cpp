// SPDX-License-Identifier: MIT
#include "receive_message.hpp"

#include <sys/socket.h>

namespace halka::io {

void receive_message_request::prepare(io_operation& op) const noexcept {
  op.code = opcode::receive_msg;
  op.fd = fd;
  op.keeper = keeper;
  op.address = message;  // lifetime: the caller's, until the await ends
  op.flags = flags;
}

std::size_t receive_message_request::finish(io_operation const& op) const {
  detail::check_io_result(op.result, "recvmsg", fd);
  return static_cast<std::size_t>(op.result);
}

}  // namespace halka::io
