// SPDX-License-Identifier: MIT
#include "readiness.hpp"

#include <poll.h>
#include <cerrno>

namespace halka {

readiness_operation readable(int fd) noexcept { return readiness_operation({fd, POLLIN | POLLPRI | POLLRDHUP}); }

readiness_operation writable(int fd) noexcept { return readiness_operation({fd, POLLOUT}); }

void readiness_request::prepare(io_operation& op) const noexcept {
  op.code = opcode::poll;
  op.fd = fd;
  op.flags = events;
}

void readiness_request::finish(io_operation const& op) const {
  int const result = op.result >= 0 && (op.result & POLLNVAL) ? -EBADF : op.result;
  detail::check_io_result(result, events & POLLOUT ? "wait until writable:" : "wait until readable:", fd);
}

}  // namespace halka
