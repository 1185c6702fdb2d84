// SPDX-License-Identifier: MIT
#include "read.hpp"

namespace halka::io {

void read_request::prepare(io_operation& op) const noexcept {
  op.code = opcode::read;
  op.fd = fd;
  op.address = buffer.data();  // lifetime: the caller's, until the await ends
  op.length = detail::transfer_length(buffer.size());
  op.offset = offset;
}

std::size_t read_request::finish(io_operation const& op) const {
  detail::check_io_result(op.result, "read", fd);
  return static_cast<std::size_t>(op.result);
}

}  // namespace halka::io
