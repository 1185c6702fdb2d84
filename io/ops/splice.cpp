// SPDX-License-Identifier: MIT
#include "splice.hpp"

#include "../broken_pipe_signal.hpp"
#include "../buffer.hpp"

namespace halka::io {

void splice_request::prepare(io_operation& op) const noexcept {
  ignore_broken_pipe_signal();  // a splice knows no other way
  op.code = opcode::splice;
  op.fd = from;
  op.offset = offset;
  op.second_fd = to;
  op.length = detail::transfer_length(length);
}

std::size_t splice_request::finish(io_operation const& op) const {
  detail::check_io_result(op.result, "splice from", from);
  return static_cast<std::size_t>(op.result);
}

}  // namespace halka::io
