// SPDX-License-Identifier: MIT
#include "attempt_sockets.hpp"

#include "../../sched/fork_watch.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <optional>

namespace halka {

namespace {

/// `result` of a connect that is under way.
constexpr int connecting = 1;

/// The parts of a message that are copied at a time when it is continued.
constexpr std::size_t parts_at_a_time = 64;

int type_of(int fd) noexcept {
  int type = 0;
  socklen_t length = sizeof type;
  return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 ? type : -1;
}

/// Whether a short transfer is to be continued, as io_uring does it.
bool wants_all(io_operation const& op) noexcept {
  if (!(op.flags & MSG_WAITALL) || (op.flags & MSG_PEEK)) return false;
  int const type = type_of(op.fd);
  return type == SOCK_STREAM || type == SOCK_SEQPACKET;
}

progress would_block(io_operation& op, progress wait) noexcept {
  if (op.flags & MSG_DONTWAIT) return fail(op, -EAGAIN);
  return wait;
}

/// What a call says, which moved `n` bytes of `wanted` or failed. True if the operation is to be tried again.
bool note(io_operation& op, ssize_t n, std::size_t wanted, progress wait, progress& out) noexcept {
  if (n < 0) {
    if (errno == EINTR) return true;
    out = errno == EAGAIN ? would_block(op, wait) : fail(op, -errno);
    return false;
  }
  op.result += static_cast<int>(n);
  out = progress::done;
  return n > 0 && static_cast<std::size_t>(n) < wanted && wants_all(op);
}

std::size_t size_of(msghdr const& message) noexcept {
  std::size_t size = 0;
  for (std::size_t i = 0; i < message.msg_iovlen; ++i) size += message.msg_iov[i].iov_len;
  return size;
}

/// Lets `rest` mean what comes behind the first `moved` bytes of `message`, or as much of it as there is room for.
void advance(msghdr const& message, msghdr& rest, iovec (&parts)[parts_at_a_time], std::size_t moved) noexcept {
  rest = message;
  rest.msg_control = nullptr;  // went with the first part
  rest.msg_controllen = 0;
  std::size_t i = 0;
  while (i < message.msg_iovlen && moved >= message.msg_iov[i].iov_len) moved -= message.msg_iov[i++].iov_len;
  rest.msg_iov = parts;
  rest.msg_iovlen = std::min(message.msg_iovlen - i, parts_at_a_time);
  for (std::size_t k = 0; k < rest.msg_iovlen; ++k) parts[k] = message.msg_iov[i + k];
  if (rest.msg_iovlen == 0) return;
  parts[0].iov_base = static_cast<char*>(parts[0].iov_base) + moved;
  parts[0].iov_len -= moved;
}

progress wait_of(io_operation const& op) noexcept {
  return op.code == opcode::recv || op.code == opcode::receive_msg ? progress::await_input : progress::await_output;
}

/// One call, for what is not moved yet; says how much that is.
ssize_t transfer_once(io_operation& op, int more_flags, std::size_t& wanted) noexcept {
  int const flags = static_cast<int>(op.flags & ~unsigned{MSG_WAITALL}) | more_flags;
  auto const moved = static_cast<unsigned>(op.result);
  if (op.code == opcode::recv || op.code == opcode::send) {
    wanted = op.length - moved;
    char* const place = static_cast<char*>(const_cast<void*>(op.address)) + moved;
    return op.code == opcode::recv ? recv(op.fd, place, wanted, flags) : send(op.fd, place, wanted, flags);
  }
  auto& message = *static_cast<msghdr*>(const_cast<void*>(op.address));
  wanted = size_of(message) - moved;
  iovec parts[parts_at_a_time];
  msghdr rest;
  if (moved > 0) advance(message, rest, parts, moved);
  msghdr& now = moved > 0 ? rest : message;
  if (op.code == opcode::send_msg) return sendmsg(op.fd, &now, flags);
  ssize_t const n = recvmsg(op.fd, &now, flags);
  if (n >= 0 && moved > 0) message.msg_flags |= rest.msg_flags;
  return n;
}

bool listens(int fd) noexcept {
  int on = 0;
  socklen_t length = sizeof on;
  return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &length) == 0 && on != 0;
}

/// Held while the mode of a descriptor is another one than its users know, so that two loops do not put it back under each other.
constinit std::mutex changing_modes;

}  // namespace

void without_blocking::prepare_for_forks() { detail::free_in_children(changing_modes); }

without_blocking::without_blocking(int fd) noexcept : turn_(changing_modes), fd_(fd), flags_(fcntl(fd, F_GETFL)) {
  if (flags_ < 0 || (flags_ & O_NONBLOCK) || fcntl(fd, F_SETFL, flags_ | O_NONBLOCK) != 0) flags_ = -1;
}

without_blocking::~without_blocking() {
  int const error = errno;
  if (flags_ >= 0) fcntl(fd_, F_SETFL, flags_);
  errno = error;
}

progress attempt_transfer(io_operation& op) noexcept {
  progress out;
  std::size_t wanted;
  ssize_t n;
  do {
    n = transfer_once(op, MSG_DONTWAIT, wanted);
  } while (note(op, n, wanted, wait_of(op), out));
  if (out != progress::await_output || op.code != opcode::send_msg || !static_cast<msghdr const*>(op.address)->msg_name) return out;
  // The queue of a unix socket that this one is not connected to is full: readiness does not tell when it has room.
  pollfd ready{op.fd, POLLOUT, 0};
  return poll(&ready, 1, 0) > 0 ? progress::patience : out;
}

progress transfer_in_thread(io_operation& op) noexcept {
  std::size_t wanted;
  ssize_t const n = transfer_once(op, 0, wanted);
  if (n < 0) return fail(op, -errno);
  op.result += static_cast<int>(n);
  return n > 0 && static_cast<std::size_t>(n) < wanted && wants_all(op) ? wait_of(op) : progress::done;
}

progress attempt_accept(io_operation& op, bool never_blocks) noexcept {
  // A connection that is there may be taken by another process before this one gets it, and O_NONBLOCK for a moment is no help:
  // that process may put the mode back in between.
  if (!never_blocks && !(fcntl(op.fd, F_GETFL) & O_NONBLOCK)) {
    pollfd ready{op.fd, POLLIN, 0};
    return poll(&ready, 1, 0) == 0 && listens(op.fd) ? progress::await_input : progress::patience;
  }
  return accept_in_thread(op);
}

progress accept_in_thread(io_operation& op) noexcept {
  auto* const address = static_cast<sockaddr*>(const_cast<void*>(op.address));
  auto* const length = static_cast<socklen_t*>(op.second);
  op.result = accept4(op.fd, address, length, static_cast<int>(op.flags));
  if (op.result >= 0) return progress::done;
  int const error = errno;
  op.result = 0;
  return error == EAGAIN ? progress::await_input : fail(op, -error);
}

progress attempt_connect(io_operation& op) noexcept {
  if (op.result == connecting) {
    int error = 0;
    socklen_t length = sizeof error;
    op.result = getsockopt(op.fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0 ? -errno : -error;
    return progress::done;
  }
  int error = 0;
  {
    without_blocking const now(op.fd);
    if (connect(op.fd, static_cast<sockaddr const*>(op.address), op.length) != 0) error = errno;
  }
  if (error == EINPROGRESS || error == EINTR) {
    op.result = connecting;
    return progress::await_output;
  }
  if (error == EAGAIN) return progress::patience;  // the backlog of a unix socket is full, and readiness does not tell of its room
  op.result = -error;
  return progress::done;
}

progress attempt_splice(io_operation& op) noexcept {
  struct stat from {
  }, to{};
  if (fstat(op.fd, &from) != 0 || fstat(op.second_fd, &to) != 0) return fail(op, -errno);
  bool const files = S_ISREG(from.st_mode) || S_ISBLK(from.st_mode) || S_ISREG(to.st_mode) || S_ISBLK(to.st_mode);
  pollfd ready{op.fd, POLLIN, 0};
  if (files) return poll(&ready, 1, 0) == 0 ? progress::await_input : progress::work;
  bool const pipes = S_ISFIFO(from.st_mode) && S_ISFIFO(to.st_mode);
  if (!pipes && !S_ISSOCK(from.st_mode) && !S_ISSOCK(to.st_mode)) return progress::patience;  // a terminal, say
  loff_t position = static_cast<loff_t>(op.offset);
  loff_t* const where = op.offset == current_position ? nullptr : &position;
  ssize_t n;
  do {
    std::optional<without_blocking> now;
    if (!pipes) now.emplace(S_ISSOCK(from.st_mode) ? op.fd : op.second_fd);
    n = splice(op.fd, where, op.second_fd, nullptr, op.length, SPLICE_F_NONBLOCK);
  } while (n < 0 && errno == EINTR);
  if (n < 0 && errno == EAGAIN) return poll(&ready, 1, 0) == 0 ? progress::await_input : progress::await_second_output;
  op.result = n < 0 ? -errno : static_cast<int>(n);
  return progress::done;
}

}  // namespace halka
