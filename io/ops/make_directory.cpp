// SPDX-License-Identifier: MIT
#include "make_directory.hpp"

namespace halka::io {

void make_directory_request::prepare(io_operation& op) const noexcept {
  op.code = opcode::make_directory;
  // lifetime: the request lies in the frame that waits
  op.address = path.c_str();
  op.length = mode;
}

void make_directory_request::finish(io_operation const& op) const { detail::check_io_result(op.result, "mkdir", path); }

}  // namespace halka::io
