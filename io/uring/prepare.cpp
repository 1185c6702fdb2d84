// SPDX-License-Identifier: MIT
#include "prepare.hpp"

#include "../kernel_features.hpp"
#include "../ops/wait_child.hpp"
#include "kernel_constants.hpp"

#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace halka {

namespace {

/// The group of the buffers that the backend lends.
constexpr unsigned short lent_buffers = 0;

/// All that `prepare` makes but for those that have a path below them. The last is here for its age: it came with Linux 5.19, as
/// did the cancellation of all that is in flight, of which no probe tells.
constexpr std::initializer_list<io_uring_op> needed_operations{
    IORING_OP_NOP,      IORING_OP_RECV,    IORING_OP_SEND,    IORING_OP_READ,         IORING_OP_WRITE,
    IORING_OP_POLL_ADD, IORING_OP_RECVMSG, IORING_OP_SENDMSG, IORING_OP_ACCEPT,       IORING_OP_CONNECT,
    IORING_OP_OPENAT,   IORING_OP_CLOSE,   IORING_OP_FSYNC,   IORING_OP_STATX,        IORING_OP_UNLINKAT,
    IORING_OP_RENAMEAT, IORING_OP_MKDIRAT, IORING_OP_SPLICE,  IORING_OP_ASYNC_CANCEL, IORING_OP_SOCKET,
};

void prepare_recv(io_uring_sqe& sqe, io_operation const& op) noexcept {
  io_uring_prep_recv(&sqe, op.fd, const_cast<void*>(op.address), op.length, static_cast<int>(op.flags));
  if (!op.lend_buffer) return;
  sqe.flags |= IOSQE_BUFFER_SELECT;
  sqe.buf_group = lent_buffers;
}

void prepare_write(io_uring_sqe& sqe, io_operation const& op) noexcept {
  io_uring_prep_write(&sqe, op.fd, op.address, op.length, op.offset);
  // A terminal that is ready may take a part only and make the caller wait with the rest, and the kernel calls it in the loop's
  // thread.
  if (op.offset != current_position || (op.flags & not_terminal)) return;
  if (isatty(op.fd) && !(fcntl(op.fd, F_GETFL) & O_NONBLOCK)) sqe.flags |= IOSQE_ASYNC;
}

void prepare_open(io_uring_sqe& sqe, io_operation const& op) noexcept {
  auto const flags = static_cast<int>(op.flags);
  io_uring_prep_openat(&sqe, AT_FDCWD, static_cast<char const*>(op.address), flags, op.length);
  // The kernel tries with O_NONBLOCK first, and takes the answer of a pipe that nobody reads (ENXIO) for the last word.
  if ((flags & O_ACCMODE) == O_WRONLY && !(flags & O_NONBLOCK)) sqe.flags |= IOSQE_ASYNC;
}

void prepare_truncate(io_uring_sqe& sqe, io_operation& op, kernel_operations const& known) noexcept {
  op.left_to_caller = !known[kernel::op_ftruncate];
  if (op.left_to_caller) return io_uring_prep_nop(&sqe);
  io_uring_prep_rw(kernel::op_ftruncate, &sqe, op.fd, nullptr, 0, op.offset);
}

void prepare_wait_child(io_uring_sqe& sqe, io_operation& op, kernel_operations const& known) noexcept {
  op.left_to_caller = !known[kernel::op_waitid];
  if (op.left_to_caller && !io::is_own_child(op.fd)) return io_uring_prep_nop(&sqe);  // the caller's call says what is wrong
  if (op.left_to_caller) return io_uring_prep_poll_add(&sqe, op.fd, POLLIN);
  constexpr unsigned by_pidfd = 3;  // P_PIDFD
  io_uring_prep_rw(kernel::op_waitid, &sqe, op.fd, nullptr, by_pidfd, reinterpret_cast<std::uintptr_t>(op.second));
  sqe.file_index = op.flags;
}

}  // namespace

int probe_operations(io_uring& ring, kernel_operations& known) noexcept {
  constexpr unsigned most = 256;
  alignas(io_uring_probe) std::array<std::byte, sizeof(io_uring_probe) + most * sizeof(io_uring_probe_op)> memory{};
  auto* const probe = reinterpret_cast<io_uring_probe*>(memory.data());
  if (int const error = io_uring_register_probe(&ring, probe, most)) return error;
  known.reset();
  for (unsigned i = 0; i < known.size(); ++i) known[i] = io_uring_opcode_supported(probe, static_cast<int>(i)) != 0;
  for (auto const needed : needed_operations)
    if (!known[needed]) return -EINVAL;
  if (!kernel::allows(kernel::feature::waitid)) known.reset(kernel::op_waitid);
  if (!kernel::allows(kernel::feature::ftruncate)) known.reset(kernel::op_ftruncate);
  return 0;
}

void prepare(io_uring_sqe& sqe, io_operation& op, kernel_operations const& known) noexcept {
  auto* const address = const_cast<void*>(op.address);
  auto const* const path = static_cast<char const*>(op.address);
  switch (op.code) {
    case opcode::recv:
      return prepare_recv(sqe, op);
    case opcode::send:
      return io_uring_prep_send(&sqe, op.fd, address, op.length, static_cast<int>(op.flags));
    case opcode::read:
      return io_uring_prep_read(&sqe, op.fd, address, op.length, op.offset);
    case opcode::write:
      return prepare_write(sqe, op);
    case opcode::poll:
      return io_uring_prep_poll_add(&sqe, op.fd, op.flags);
    case opcode::receive_msg:
      return io_uring_prep_recvmsg(&sqe, op.fd, static_cast<msghdr*>(address), op.flags);
    case opcode::send_msg:
      return io_uring_prep_sendmsg(&sqe, op.fd, static_cast<msghdr*>(address), op.flags);
    case opcode::accept:
      return io_uring_prep_accept(&sqe, op.fd, static_cast<sockaddr*>(address), static_cast<socklen_t*>(op.second),
                                  static_cast<int>(op.flags));
    case opcode::connect:
      return io_uring_prep_connect(&sqe, op.fd, static_cast<sockaddr*>(address), op.length);
    case opcode::open:
      return prepare_open(sqe, op);
    case opcode::close:
      return io_uring_prep_close(&sqe, op.fd);
    case opcode::sync:
      return io_uring_prep_fsync(&sqe, op.fd, op.flags ? IORING_FSYNC_DATASYNC : 0);
    case opcode::status:
      return io_uring_prep_statx(&sqe, op.fd, path, static_cast<int>(op.flags), op.length, static_cast<struct statx*>(op.second));
    case opcode::unlink:
      return io_uring_prep_unlinkat(&sqe, AT_FDCWD, path, static_cast<int>(op.flags));
    case opcode::rename:
      return io_uring_prep_renameat(&sqe, AT_FDCWD, path, AT_FDCWD, static_cast<char const*>(op.second), op.flags);
    case opcode::make_directory:
      return io_uring_prep_mkdirat(&sqe, AT_FDCWD, path, op.length);
    case opcode::truncate:
      return prepare_truncate(sqe, op, known);
    case opcode::splice:
      return io_uring_prep_splice(&sqe, op.fd, static_cast<std::int64_t>(op.offset), op.second_fd, -1, op.length, 0);
    case opcode::wait_child:
      return prepare_wait_child(sqe, op, known);
  }
}

}  // namespace halka
