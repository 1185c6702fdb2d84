// SPDX-License-Identifier: MIT
#include "send.hpp"

#include <sys/socket.h>

namespace halka::io {

void send_request::prepare(io_operation& op) const noexcept {
  op.code = opcode::send;
  op.fd = fd;
  op.address = buffer.data();  // lifetime: the caller's, until the await ends
  op.length = detail::transfer_length(buffer.size());
  op.flags = flags | MSG_NOSIGNAL;
}

std::size_t send_request::finish(io_operation const& op) const {
  detail::check_io_result(op.result, "send", fd);
  return static_cast<std::size_t>(op.result);
}

}  // namespace halka::io
