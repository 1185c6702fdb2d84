// SPDX-License-Identifier: MIT
#include "status.hpp"

namespace halka::io {

void status_request::prepare(io_operation& op) const noexcept {
  op.code = opcode::status;
  op.fd = directory;
  op.address = path.c_str();  // lifetime: the request lies in the frame that waits
  op.second = result;         // lifetime: the caller's, until the await ends
  op.flags = static_cast<unsigned>(flags);
  op.length = mask;
}

void status_request::finish(io_operation const& op) const {
  detail::check_io_result(op.result, "stat", path.empty() ? "fd " + std::to_string(directory) : path);
}

}  // namespace halka::io
