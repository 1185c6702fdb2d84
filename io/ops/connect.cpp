// SPDX-License-Identifier: MIT
#include "connect.hpp"

namespace halka::io {

void connect_request::prepare(io_operation& op) const noexcept {
  op.code = opcode::connect;
  op.fd = fd;
  op.address = to.data();  // lifetime: the request lies in the frame that waits
  op.length = static_cast<unsigned>(to.size());
}

void connect_request::finish(io_operation const& op) const { detail::check_io_result(op.result, "connect", to.to_string()); }

}  // namespace halka::io
