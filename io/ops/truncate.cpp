// SPDX-License-Identifier: MIT
#include "truncate.hpp"

#include <unistd.h>
#include <cerrno>

namespace halka::io {

void truncate_request::prepare(io_operation& op) const noexcept {
  op.code = opcode::truncate;
  op.fd = fd;
  op.offset = size;
}

void truncate_request::finish(io_operation const& op) const {
  int result = op.result;
  if (op.left_to_caller && ftruncate(fd, static_cast<off_t>(size)) != 0) result = -errno;
  detail::check_io_result(result, "ftruncate", fd);
}

}  // namespace halka::io
