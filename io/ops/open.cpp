// SPDX-License-Identifier: MIT
#include "open.hpp"

#include <fcntl.h>

namespace halka::io {

void open_request::prepare(io_operation& op) const noexcept {
  op.code = opcode::open;
  op.address = path.c_str();  // lifetime: the request lies in the frame that waits
  op.flags = static_cast<unsigned>(flags) | O_CLOEXEC;
  op.length = mode;
}

unique_fd open_request::finish(io_operation const& op) const {
  detail::check_io_result(op.result, "open", path);
  return unique_fd(op.result, opened_at);
}

}  // namespace halka::io
