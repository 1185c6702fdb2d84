// SPDX-License-Identifier: MIT
#include "rename.hpp"

namespace halka::io {

void rename_request::prepare(io_operation& op) const noexcept {
  op.code = opcode::rename;
  // lifetime: the request lies in the frame that waits
  op.address = from.c_str();
  op.second = const_cast<char*>(to.c_str());
  op.flags = flags;
}

void rename_request::finish(io_operation const& op) const { detail::check_io_result(op.result, "rename", from + " to " + to); }

}  // namespace halka::io
