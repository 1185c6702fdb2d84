// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/unique_fd.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>

namespace halka {

class message_reader;
class message_writer;

/// What a child process may use; 0 for no limit of its own.
struct child_limits {
  std::uint64_t memory = 0;          // bytes of address space: RLIMIT_AS
  std::chrono::seconds cpu_time{0};  // RLIMIT_CPU: SIGXCPU ends the process
  std::uint64_t processes = 0;       // of the user, with threads: RLIMIT_NPROC, which root does not heed
};

/// A function of this program that shall run in a process of its own.
struct child_start {
  /// Runs in the child; what it returns is the exit code. An exception that leaves it is reported, and the exit code is 1.
  int (*main)(message_reader& arguments) = nullptr;
  /// What it gets, with the descriptors in it; null for nothing.
  message_writer const* arguments = nullptr;
  /// What the system shows, 15 characters of it.
  std::string_view name = "halka-child";
  /// The descriptors of this process that become the child's 1 and 2; one that is not open becomes /dev/null.
  int standard_output = 1;
  int standard_error = 2;
  child_limits limits = {};
};

/// A process that was started. It is no child of this process: `wait` and SIGCHLD know nothing of it.
struct started_child {
  int pid = -1;
  unique_fd pidfd;   // for signals
  unique_fd status;  // readable when it has ended: an int, the exit code or minus the signal; nothing if the zygote was killed
};

}  // namespace halka
