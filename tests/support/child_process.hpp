// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

namespace halka::test {

/// How a child process ended, and what it wrote to stderr.
struct child_end {
  int signal = 0;  // that killed it, or 0
  int exit_code = 0;
  std::string error_output;
};

/// Runs `fn` in a forked child that exits with what it returns; one that throws exits with 99, one
/// that hangs is killed by SIGALRM after a minute. For what ends the process or changes
/// it for good: aborts, signals, limits, system call filters.
child_end in_child(std::function<int()> fn);

}  // namespace halka::test
