// SPDX-License-Identifier: MIT
// Runs a program under a seccomp filter that forbids io_uring_setup, as the default profiles of Docker and Kubernetes do:
//
//     without_io_uring PROGRAM [ARGUMENT...]

#include "system_call_filter.hpp"

#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>

int main(int count, char** arguments) {
  if (count < 2) {
    std::fputs("usage: without_io_uring PROGRAM [ARGUMENT...]\n", stderr);
    return 126;
  }
  if (!halka::test::refuse_system_call(SYS_io_uring_setup, EPERM)) {
    std::perror("without_io_uring: seccomp");
    return 126;
  }
  execvp(arguments[1], arguments + 1);
  std::perror(arguments[1]);
  return 127;
}
