// SPDX-License-Identifier: MIT
#include "wait_child.hpp"

#include <sys/wait.h>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace halka::io {

namespace {

// <sys/wait.h> of glibc 2.36 has it; older ones do not.
constexpr auto by_pidfd = static_cast<idtype_t>(3);  // P_PIDFD

}  // namespace

void wait_child_request::prepare(io_operation& op) noexcept {
  static_assert(sizeof(siginfo_t) <= sizeof info);
  op.code = opcode::wait_child;
  op.fd = pidfd;
  op.second = info;  // lifetime: the request lies in the frame that waits
  op.flags = WEXITED;
}

child_status wait_child_request::finish(io_operation const& op) {
  int result = op.result;
  siginfo_t ended;
  std::memcpy(&ended, info, sizeof ended);
  if (result >= 0 && op.left_to_caller) {
    do {
      result = waitid(by_pidfd, static_cast<id_t>(pidfd), &ended, WEXITED | WNOHANG) == 0 ? 0 : -errno;
    } while (result == -EINTR);
  }
  if (result < 0) detail::throw_io_error(result, "wait for a child process");
  return ended.si_code == CLD_EXITED ? ended.si_status : -ended.si_status;
}

bool is_own_child(int pidfd) noexcept {
  siginfo_t unused;
  return waitid(by_pidfd, static_cast<id_t>(pidfd), &unused, WEXITED | WNOHANG | WNOWAIT) == 0;
}

}  // namespace halka::io
