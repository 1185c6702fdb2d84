// SPDX-License-Identifier: MIT
#include "attempt.hpp"

#include "attempt_files.hpp"
#include "attempt_sockets.hpp"

#include <cerrno>

namespace halka {

progress fail(io_operation& op, int error) noexcept {
  if (op.result <= 0) op.result = error;
  return progress::done;
}

progress attempt(io_operation& op, bool never_blocks) noexcept {
  switch (op.code) {
    case opcode::recv:
    case opcode::send:
    case opcode::receive_msg:
    case opcode::send_msg:
      return attempt_transfer(op);
    case opcode::accept:
      return attempt_accept(op, never_blocks);
    case opcode::connect:
      return attempt_connect(op);
    case opcode::splice:
      return attempt_splice(op);
    case opcode::read:
    case opcode::write:
      return attempt_file(op);
    case opcode::open:
      return attempt_open(op);
    case opcode::close:
      return attempt_close(op);
    case opcode::status:
      return attempt_status(op);
    case opcode::sync:
    case opcode::unlink:
    case opcode::rename:
    case opcode::make_directory:
    case opcode::truncate:
      return progress::work;
    case opcode::poll:
    case opcode::wait_child:
      break;
  }
  return fail(op, -EINVAL);
}

}  // namespace halka
