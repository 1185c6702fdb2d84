// SPDX-License-Identifier: MIT
#include "attempt_files.hpp"

#include "../kernel_features.hpp"
#include "attempt_sockets.hpp"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace halka {

namespace {

char* place(io_operation const& op) noexcept { return static_cast<char*>(const_cast<void*>(op.address)) + op.result; }
std::size_t unmoved(io_operation const& op) noexcept { return op.length - static_cast<unsigned>(op.result); }

bool at_offset(io_operation const& op) noexcept { return op.offset != current_position; }
off_t offset_of(io_operation const& op) noexcept { return at_offset(op) ? static_cast<off_t>(op.offset) + op.result : off_t{-1}; }

bool is_unsupported(int error) noexcept { return error == EOPNOTSUPP || error == ENOSYS; }

/// Whether to try RWF_NOWAIT where the kernel may not know it.
bool tries_nowait(io_operation const& op) noexcept { return at_offset(op) || kernel::allows(kernel::feature::nowait_pipes); }

progress done(io_operation& op, ssize_t n) noexcept {
  if (n < 0) return fail(op, -errno);
  op.result += static_cast<int>(n);
  return progress::done;
}

/// A direct read waits for the device, whatever the flags say.
bool may_be_direct(io_operation const& op) noexcept {
  constexpr std::uintptr_t sector = 512;
  if (!at_offset(op) || (op.flags & not_direct)) return false;
  return (reinterpret_cast<std::uintptr_t>(op.address) | op.offset | op.length) % sector == 0;
}

bool is_direct(io_operation const& op) noexcept { return may_be_direct(op) && (fcntl(op.fd, F_GETFL) & O_DIRECT); }

ssize_t transfer_socket(io_operation& op, bool reading) noexcept {
  return reading ? recv(op.fd, place(op), unmoved(op), MSG_DONTWAIT) : send(op.fd, place(op), unmoved(op), MSG_DONTWAIT);
}

/// It is ready, but somebody else may be quicker. If nobody is, a pipe takes so much without waiting.
ssize_t transfer_without_blocking(io_operation& op, bool reading, bool blocks) noexcept {
  without_blocking const now(op.fd);
  if (reading) return ::read(op.fd, place(op), unmoved(op));
  return ::write(op.fd, place(op), blocks ? std::min<std::size_t>(unmoved(op), PIPE_BUF) : unmoved(op));
}

/// For descriptors that know no RWF_NOWAIT.
progress transfer_when_ready(io_operation& op, bool reading) noexcept {
  progress const wait = reading ? progress::await_input : progress::await_output;
  int const mode = fcntl(op.fd, F_GETFL);
  struct stat status {};
  if (mode < 0 || fstat(op.fd, &status) != 0) return fail(op, -errno);
  bool const file = at_offset(op) || S_ISREG(status.st_mode) || S_ISBLK(status.st_mode) || S_ISDIR(status.st_mode);
  bool const blocks = !(mode & O_NONBLOCK);
  // Some files wait for somebody, too: the kernel's messages, and what it traces.
  pollfd ready{op.fd, static_cast<short>(reading ? POLLIN : POLLOUT), 0};
  if ((file || blocks) && poll(&ready, 1, 0) == 0) return wait;
  if (file) return progress::work;
  if (blocks && S_ISCHR(status.st_mode) && isatty(op.fd)) return progress::patience;
  ssize_t n;
  do {
    n = S_ISSOCK(status.st_mode) ? transfer_socket(op, reading) : transfer_without_blocking(op, reading, blocks);
  } while (n < 0 && errno == EINTR);
  return n < 0 && errno == EAGAIN ? wait : done(op, n);
}

bool is_file(int fd) noexcept {
  struct stat status {};
  return fstat(fd, &status) == 0 && (S_ISREG(status.st_mode) || S_ISBLK(status.st_mode));
}

/// After a call that does not wait: a file gives and takes all, and if it was less, the rest is only not in memory. A stream, which
/// keeps its descriptor, asks for the rest itself.
bool goes_on(io_operation const& op, ssize_t n) noexcept {
  return n > 0 && unmoved(op) > 0 && (at_offset(op) || (op.keeper == 0 && is_file(op.fd)));
}

/// A pipe has no offsets; io_uring overlooks it, too.
bool overlooks_offset(io_operation& op) noexcept {
  if (errno != ESPIPE || !at_offset(op)) return false;
  op.offset = current_position;
  return true;
}

constexpr int creating = O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);

/// A descriptor that was opened with O_NONBLOCK, as it was asked for.
int opened(int fd, int flags) noexcept {
  if (!(flags & O_NONBLOCK)) fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  return fd;
}

/// Whether an open has failed that would have waited: for the other end of a pipe, or for the owner of a lease.
bool would_wait(io_operation const& op, int error) noexcept {
  return !(op.flags & O_NONBLOCK) && (error == ENXIO || error == EWOULDBLOCK);
}

}  // namespace

progress attempt_file(io_operation& op) noexcept {
  bool const reading = op.code == opcode::read;
  if (is_direct(op)) return progress::work;
  while (true) {
    if (!tries_nowait(op)) return transfer_when_ready(op, reading);
    iovec part{place(op), unmoved(op)};
    ssize_t const n = (reading ? preadv2 : pwritev2)(op.fd, &part, 1, offset_of(op), RWF_NOWAIT);
    if (n >= 0) {
      op.result += static_cast<int>(n);
      if (!goes_on(op, n)) return progress::done;
      continue;
    }
    if (errno == EINTR || overlooks_offset(op)) continue;
    if (is_unsupported(errno)) return transfer_when_ready(op, reading);
    if (errno != EAGAIN) return fail(op, -errno);
    if (at_offset(op) || op.result > 0) return progress::work;
    return reading ? progress::await_input : progress::await_output;
  }
}

progress attempt_open(io_operation& op) noexcept {
  int const flags = static_cast<int>(op.flags);
  if ((flags & creating) || !kernel::allows(kernel::feature::resolve_cached)) return progress::work;
  struct {
    std::uint64_t flags, mode, resolve;
  } how{op.flags | O_NONBLOCK, 0, 0x20};  // RESOLVE_CACHED: only if no disk has to be asked; Linux 5.12
  int const fd = static_cast<int>(syscall(SYS_openat2, AT_FDCWD, op.address, &how, sizeof how));
  if (fd >= 0) {
    op.result = opened(fd, flags);
    return progress::done;
  }
  switch (errno) {
    case ENOENT:
    case EACCES:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case EMFILE:
    case ENFILE:
      op.result = -errno;
      return progress::done;
    default:
      return progress::work;
  }
}

/// Closing a file that was written to may have to wait for a server of files.
progress attempt_close(io_operation& op) noexcept {
  int const flags = fcntl(op.fd, F_GETFL);
  struct stat status {};
  if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && fstat(op.fd, &status) == 0 && S_ISREG(status.st_mode)) return progress::work;
  return work_on(op, false);
}

progress attempt_status(io_operation& op) noexcept {
  if (*static_cast<char const*>(op.address) != '\0') return progress::work;
  return work_on(op, false);
}

namespace {

progress told(io_operation& op, ssize_t result) noexcept {
  op.result = result < 0 ? -errno : static_cast<int>(result);
  return progress::done;
}

progress open_in_thread(io_operation& op, bool patience) noexcept {
  auto const* const path = static_cast<char const*>(op.address);
  int const flags = static_cast<int>(op.flags);
  if (patience) return told(op, ::open(path, flags, op.length));
  int const fd = ::open(path, flags | O_NONBLOCK, op.length);
  if (fd < 0 && would_wait(op, errno)) return progress::patience;
  if (fd < 0 && errno == EINVAL) return told(op, ::open(path, flags, op.length));  // with O_PATH
  return told(op, fd < 0 ? fd : opened(fd, flags));
}

progress splice_in_thread(io_operation& op, bool patience) noexcept {
  loff_t position = static_cast<loff_t>(op.offset);
  loff_t* const where = op.offset == current_position ? nullptr : &position;
  ssize_t const n = splice(op.fd, where, op.second_fd, nullptr, op.length, patience ? 0 : SPLICE_F_NONBLOCK);
  if (n >= 0 || errno != EAGAIN || patience) return told(op, n);
  struct stat from {};
  return fstat(op.fd, &from) == 0 && S_ISFIFO(from.st_mode) ? progress::await_input : progress::await_second_output;
}

}  // namespace

progress work_on(io_operation& op, bool patience) noexcept {
  auto const* const path = static_cast<char const*>(op.address);
  switch (op.code) {
    case opcode::read:
      return done(op, at_offset(op) ? pread(op.fd, place(op), unmoved(op), offset_of(op)) : ::read(op.fd, place(op), unmoved(op)));
    case opcode::write:
      return done(op,
                  at_offset(op) ? pwrite(op.fd, place(op), unmoved(op), offset_of(op)) : ::write(op.fd, place(op), unmoved(op)));
    case opcode::open:
      return open_in_thread(op, patience);
    case opcode::close:
      return told(op, ::close(op.fd));
    case opcode::sync:
      return told(op, op.flags ? fdatasync(op.fd) : fsync(op.fd));
    case opcode::status:
      return told(op, statx(op.fd, path, static_cast<int>(op.flags), op.length, static_cast<struct statx*>(op.second)));
    case opcode::unlink:
      return told(op, unlinkat(AT_FDCWD, path, static_cast<int>(op.flags)));
    case opcode::rename:
      return told(op, renameat2(AT_FDCWD, path, AT_FDCWD, static_cast<char const*>(op.second), op.flags));
    case opcode::make_directory:
      return told(op, mkdirat(AT_FDCWD, path, op.length));
    case opcode::truncate:
      return told(op, ftruncate(op.fd, static_cast<off_t>(op.offset)));
    case opcode::splice:
      return splice_in_thread(op, patience);
    case opcode::connect:
      return told(op, connect(op.fd, static_cast<sockaddr const*>(op.address), op.length));
    case opcode::accept:
      return accept_in_thread(op);
    case opcode::recv:
    case opcode::send:
    case opcode::receive_msg:
    case opcode::send_msg:
      return transfer_in_thread(op);
    default:
      return fail(op, -EINVAL);
  }
}

}  // namespace halka
