// SPDX-License-Identifier: MIT
#include "sync.hpp"

namespace halka::io {

void sync_request::prepare(io_operation& op) const noexcept {
  op.code = opcode::sync;
  op.fd = fd;
  op.flags = data_only ? 1 : 0;
}

void sync_request::finish(io_operation const& op) const { detail::check_io_result(op.result, "fsync", fd); }

}  // namespace halka::io
