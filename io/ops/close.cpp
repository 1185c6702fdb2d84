// SPDX-License-Identifier: MIT
#include "close.hpp"

#include <cerrno>

namespace halka::io {

void close_request::prepare(io_operation& op) const noexcept {
  op.code = opcode::close;
  op.fd = fd.get();
}

void close_request::finish(io_operation const& op) {
  int const closed = fd.release();  // whatever the result says, the number is free
  if (op.result != -EINTR) detail::check_io_result(op.result, "close", closed);
}

}  // namespace halka::io
