// SPDX-License-Identifier: MIT
#include "send_message.hpp"

#include <sys/socket.h>

namespace halka::io {

void send_message_request::prepare(io_operation& op) const noexcept {
  op.code = opcode::send_msg;
  op.fd = fd;
  op.keeper = keeper;
  op.address = message;  // lifetime: the caller's, until the await ends
  op.flags = flags | MSG_NOSIGNAL;
}

std::size_t send_message_request::finish(io_operation const& op) const {
  detail::check_io_result(op.result, "sendmsg", fd);
  return static_cast<std::size_t>(op.result);
}

}  // namespace halka::io
