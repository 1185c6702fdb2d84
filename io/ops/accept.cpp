// SPDX-License-Identifier: MIT
#include "accept.hpp"

#include <sys/socket.h>

namespace halka::io {

void accept_request::prepare(io_operation& op) noexcept {
  op.code = opcode::accept;
  op.fd = fd;
  op.address = address;  // lifetime: the request lies in the frame that waits
  op.second = &address_length;
  op.flags = SOCK_CLOEXEC;
}

accepted_connection accept_request::finish(io_operation const& op) const {
  detail::check_io_result(op.result, "accept", fd);
  return {unique_fd(op.result, opened_at), socket_address(reinterpret_cast<sockaddr const*>(address), address_length)};
}

}  // namespace halka::io
