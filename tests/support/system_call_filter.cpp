// SPDX-License-Identifier: MIT
#include "system_call_filter.hpp"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <array>
#include <cstddef>

namespace halka::test {

namespace {

bool answer(long number, unsigned action) noexcept {
  std::array<sock_filter, 4> program{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(number), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  sock_fprog const filter{program.size(), program.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

}  // namespace

bool refuse_system_call(long number, int error) noexcept {
  return answer(number, SECCOMP_RET_ERRNO | static_cast<unsigned>(error));
}

bool kill_at_system_call(long number) noexcept { return answer(number, SECCOMP_RET_KILL_PROCESS); }

}  // namespace halka::test
