// SPDX-License-Identifier: MIT
#include "io_operation.hpp"

namespace halka {

void io_operation::ask_for_the_same_as(io_operation const& other) noexcept {
  code = other.code;
  lend_buffer = other.lend_buffer;
  short_is_all = other.short_is_all;
  fd = other.fd;
  second_fd = other.second_fd;
  flags = other.flags;
  length = other.length;
  keeper = other.keeper;
  address = other.address;
  second = other.second;
  offset = other.offset;
}

std::string_view to_string(opcode code) noexcept {
  switch (code) {
    case opcode::poll:
      return "poll";
    case opcode::read:
      return "read";
    case opcode::write:
      return "write";
    case opcode::recv:
      return "recv";
    case opcode::send:
      return "send";
    case opcode::receive_msg:
      return "recvmsg";
    case opcode::send_msg:
      return "sendmsg";
    case opcode::accept:
      return "accept";
    case opcode::connect:
      return "connect";
    case opcode::open:
      return "open";
    case opcode::close:
      return "close";
    case opcode::sync:
      return "fsync";
    case opcode::status:
      return "statx";
    case opcode::unlink:
      return "unlink";
    case opcode::rename:
      return "rename";
    case opcode::make_directory:
      return "mkdir";
    case opcode::truncate:
      return "ftruncate";
    case opcode::splice:
      return "splice";
    case opcode::wait_child:
      return "waitid";
  }
  return "operation";
}

std::string to_string(io_operation const& op) {
  std::string text(to_string(op.code));
  if (op.fd >= 0) text += " on fd " + std::to_string(op.fd);
  return text;
}

bool ends_by_itself(io_operation const& op) noexcept {
  switch (op.code) {
    case opcode::poll:
    case opcode::recv:
    case opcode::send:
    case opcode::receive_msg:
    case opcode::send_msg:
    case opcode::accept:
    case opcode::splice:
    case opcode::wait_child:
      return false;
    case opcode::read:
    case opcode::write:
      return op.offset != current_position;  // at an offset it is a file
    default:
      return true;
  }
}

}  // namespace halka
