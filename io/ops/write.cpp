// SPDX-License-Identifier: MIT
#include "write.hpp"

namespace halka::io {

void write_request::prepare(io_operation& op) const noexcept {
  op.code = opcode::write;
  op.fd = fd;
  op.address = buffer.data();  // lifetime: the caller's, until the await ends
  op.length = detail::transfer_length(buffer.size());
  op.offset = offset;
}

std::size_t write_request::finish(io_operation const& op) const {
  detail::check_io_result(op.result, "write", fd);
  return static_cast<std::size_t>(op.result);
}

}  // namespace halka::io
