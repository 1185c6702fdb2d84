// SPDX-License-Identifier: MIT
#include "recv.hpp"

namespace halka::io {

void recv_request::prepare(io_operation& op) const noexcept {
  op.code = opcode::recv;
  op.fd = fd;
  op.address = buffer.data();  // lifetime: the caller's, until the await ends
  op.length = detail::transfer_length(buffer.size());
  op.flags = flags;
}

std::size_t recv_request::finish(io_operation const& op) const {
  detail::check_io_result(op.result, "recv", fd);
  return static_cast<std::size_t>(op.result);
}

}  // namespace halka::io
