// SPDX-License-Identifier: MIT
#include "close.hpp"

namespace halka::io {

void close_request::prepare(io_operation& op) const noexcept {
  op.code = opcode::close;
  op.fd = fd;
}

void close_request::finish(io_operation const& op) const { detail::check_io_result(op.result, "close", fd); }

}  // namespace halka::io
