// SPDX-License-Identifier: MIT
#include "allowed_faults.hpp"

#include <netdb.h>
#include <cerrno>
#include <initializer_list>

namespace halka::faults {

namespace {

std::vector<fault> errors(std::initializer_list<int> numbers) {
  std::vector<fault> faults;
  for (int const e : numbers) faults.push_back({effect::error, e, 1});
  return faults;
}

std::vector<fault> errors_of(opcode code) {
  switch (code) {
    case opcode::read:
      return errors({EIO});
    case opcode::write:
      return errors({EIO, ENOSPC, EPIPE});
    case opcode::recv:
    case opcode::receive_msg:
      return errors({ENOBUFS, ECONNRESET});
    case opcode::send:
    case opcode::send_msg:
      return errors({ENOBUFS, ECONNRESET, EPIPE});
    case opcode::accept:
      return errors({EMFILE, ENFILE, ENOBUFS, ECONNABORTED});
    case opcode::connect:
      return errors({ENOBUFS, ECONNRESET, ECONNREFUSED});
    case opcode::open:
      return errors({EMFILE, ENFILE, ENOSPC, EIO});
    case opcode::sync:
      return errors({EIO, ENOSPC});
    case opcode::status:
      return errors({EIO});
    case opcode::unlink:
      return errors({EBUSY, EIO});
    case opcode::rename:
      return errors({EBUSY, EIO, ENOSPC});
    case opcode::make_directory:
      return errors({EIO, ENOSPC});
    case opcode::truncate:
      return errors({EIO, ENOSPC});
    case opcode::splice:
      return errors({EIO, EPIPE});
    case opcode::close:
    case opcode::poll:
    case opcode::wait_child:
      break;
  }
  return {};
}

bool may_be_short(opcode code) noexcept {
  return code == opcode::read || code == opcode::write || code == opcode::recv || code == opcode::send || code == opcode::splice;
}

}  // namespace

std::vector<fault> allowed_faults(opcode code) {
  std::vector<fault> faults;
  if (code == opcode::close) {
    for (int const e : {EINTR, EIO, ENOSPC}) faults.push_back({effect::error_after, e, 1});  // the number is free in any case
  } else {
    faults = errors({EINTR, EAGAIN, ENOMEM});
    faults.push_back({effect::error_begun, EINTR, 1});
    faults.push_back({effect::error, EINTR, 5});
  }
  for (fault const& f : errors_of(code)) faults.push_back(f);
  if (may_be_short(code)) faults.push_back({effect::shorter, 0, 1});
  faults.push_back({effect::later, 0, 1});
  faults.push_back({effect::queue_full, EBUSY, 1});
  return faults;
}

std::vector<fault> allowed_faults(call c) {
  switch (c) {
    case call::accept4:
      return errors({EMFILE, ENFILE, ENOBUFS, ENOMEM});
    case call::bind:
      return errors({ENOMEM, EADDRINUSE});
    case call::connect:
      return errors({EAGAIN, ENOBUFS, ECONNREFUSED});
    case call::copy_file_range:
      return errors({EIO, ENOMEM, ENOSPC, EINTR});
    case call::dup2:
      return errors({EBUSY, EINTR, EMFILE});
    case call::eventfd:
    case call::epoll_create1:
    case call::pidfd_open:
      return errors({EMFILE, ENFILE, ENOMEM});
    case call::epoll_ctl:
      return errors({ENOMEM});
    case call::epoll_wait:
      return errors({EINTR});
    case call::fallocate:
      return errors({EINTR, EIO, ENOSPC});
    case call::fchmod:
    case call::utimensat:
      return errors({EIO, ENOMEM});
    case call::fcntl:
      return errors({EMFILE});
    case call::fdatasync:
    case call::fsync:
      return errors({EINTR, EIO, ENOSPC});
    case call::fdopendir:
      return errors({ENOMEM});
    case call::fork:
    case call::posix_spawn:
      return errors({EAGAIN, ENOMEM});
    case call::fstat:
    case call::stat:
    case call::statx:
      return errors({ENOMEM, EIO});
    case call::ftruncate:
      return errors({EINTR, EIO, ENOSPC});
    case call::getaddrinfo:
      return errors({EAI_AGAIN, EAI_MEMORY});
    case call::getsockopt:
      return errors({ENOBUFS});
    case call::listen:
      return errors({EADDRINUSE});
    case call::memfd_create:
      return errors({EMFILE, ENFILE, ENOMEM});
    case call::mkdir:
      return errors({EIO, ENOMEM, ENOSPC});
    case call::mmap:
      return errors({ENOMEM, EAGAIN, ENFILE});
    case call::open:
    case call::openat:
    case call::opendir:
      return errors({EINTR, EMFILE, ENFILE, ENOMEM});
    case call::pipe2:
    case call::socketpair:
      return errors({EMFILE, ENFILE});
    case call::poll:
      return errors({EINTR, ENOMEM});
    case call::pthread_create:
      return errors({EAGAIN});
    case call::read:
    case call::pread: {
      auto faults = errors({EINTR, EIO});
      faults.push_back({effect::shorter, 0, 1});
      return faults;
    }
    case call::write:
    case call::pwrite: {
      auto faults = errors({EINTR, EIO, ENOSPC, EPIPE});
      faults.push_back({effect::shorter, 0, 1});
      return faults;
    }
    case call::recv: {
      auto faults = errors({EINTR, ENOMEM, ECONNRESET});  // EAGAIN tells the truth: nothing is there
      faults.push_back({effect::shorter, 0, 1});
      return faults;
    }
    case call::recvmsg:
      return errors({EINTR, ENOMEM, ECONNRESET});
    case call::rename:
    case call::unlink:
      return errors({EBUSY, EIO, ENOMEM});
    case call::ring_enter: {
      auto faults = errors({EINTR, EAGAIN, EBUSY});
      for (int const e : {EINTR, EAGAIN, EBUSY}) faults.push_back({effect::error, e, 5});
      return faults;
    }
    case call::ring_probe:
      return errors({ENOMEM});
    case call::ring_register:
      return errors({ENOMEM, EBUSY});
    case call::ring_setup: {
      auto faults = errors({EMFILE, ENFILE, ENOMEM});
      faults.push_back({effect::shorter, 0, 1});  // a ring of the smallest size
      return faults;
    }
    case call::send: {
      auto faults = errors({EINTR, ENOBUFS, ENOMEM, ECONNRESET, EPIPE});
      faults.push_back({effect::shorter, 0, 1});
      return faults;
    }
    case call::sendmsg:
      return errors({EINTR, ENOBUFS, ENOMEM, ECONNRESET, EPIPE});
    case call::sendfile:
    case call::splice:
      return errors({EAGAIN, EIO, ENOMEM, EPIPE});
    case call::setsockopt:
      return errors({ENOMEM, ENOBUFS});
    case call::socket:
      return errors({EMFILE, ENFILE, ENOBUFS, ENOMEM});
    case call::spawn_actions:
      return errors({ENOMEM});
    case call::symlink:
      return errors({EIO, ENOMEM, ENOSPC});
    case call::waitid:
    case call::waitpid:
      return errors({EINTR});
    case call::getsockname:  // of a socket that is there it cannot fail
    case call::last:
      break;
  }
  return {};
}

}  // namespace halka::faults
