// SPDX-License-Identifier: MIT
#include "unlink.hpp"

#include <fcntl.h>

namespace halka::io {

void unlink_request::prepare(io_operation& op) const noexcept {
  op.code = opcode::unlink;
  // lifetime: the request lies in the frame that waits
  op.address = path.c_str();
  op.flags = directory ? AT_REMOVEDIR : 0;
}

void unlink_request::finish(io_operation const& op) const {
  detail::check_io_result(op.result, directory ? "rmdir" : "unlink", path);
}

}  // namespace halka::io
