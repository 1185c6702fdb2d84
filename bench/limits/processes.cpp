// SPDX-License-Identifier: MIT
// The limit of starting processes: posix_spawn, and io_uring's waitid for the end.
#include "../common/raw_ring.hpp"
#include "limits.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <csignal>
#include <stdexcept>
#include <vector>

extern char** environ;

namespace bench {

namespace {

constexpr std::uint8_t op_waitid = 50;  // Linux 6.7; newer than Debian 12's headers

void prepare_waitid(io_uring_sqe& sqe, pid_t pid, siginfo_t& info) noexcept {
  sqe = {};
  sqe.opcode = op_waitid;
  sqe.fd = pid;
  sqe.len = P_PID;
  sqe.file_index = WEXITED;
  sqe.addr2 = reinterpret_cast<std::uintptr_t>(&info);
}

pid_t start_true() {
  char path[] = "/bin/true";
  char* arguments[] = {path, nullptr};
  pid_t pid = 0;
  must(-posix_spawn(&pid, path, nullptr, nullptr, arguments, environ), "posix_spawn");
  return pid;
}

}  // namespace

void start_processes(order const& o, meter& m) {
  raw_ring ring(256, 4096);
  std::vector<siginfo_t> infos(o.alive);
  auto const begin = [&](std::size_t slot) {
    pid_t const pid = start_true();
    io_uring_sqe* const sqe = ring.entry();
    prepare_waitid(*sqe, pid, infos[slot]);
    sqe->user_data = slot;
  };
  std::size_t begun = 0, done = 0;
  m.start();
  for (; begun < o.alive; ++begun) begin(begun);
  while (done < begun) {
    ring.turn([&](io_uring_cqe const& cqe) {
      must(cqe.res, "waitid");
      if (infos[cqe.user_data].si_status != 0) throw std::runtime_error("/bin/true failed");
      ++done;
      if (begun >= o.units) return;
      ++begun;
      begin(cqe.user_data);
    });
  }
  m.stop();
}

}  // namespace bench
