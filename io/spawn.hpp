// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"
#include "unique_fd.hpp"

#include <source_location>
#include <span>
#include <string>
#include <string_view>

namespace halka::io {

/// How a program is started.
struct spawn_options {
  /// The descriptors that become the child's 0, 1 and 2; -1 leaves what this process has there.
  int standard_input = -1;
  int standard_output = -1;
  int standard_error = -1;
  /// Further descriptors that the child gets, under the same numbers. All others are closed in the child.
  std::span<int const> inherited = {};
  /// The directory in which the program starts; empty for that of this process.
  std::string_view cwd = {};
  /// Entries "NAME=value" that are added to the environment or replace what is there; "NAME" alone removes a variable.
  std::span<std::string const> environment = {};
  /// False: the entries are the whole environment.
  bool inherit_environment = true;
  /// The child leads a process group, or a session, of its own.
  bool new_process_group = false;
  bool new_session = false;
  /// False: it does not matter how it ends, so SIGCHLD may be ignored. There is no pidfd if it has ended already then.
  bool status_wanted = true;
};

/// A process that was started, and the descriptor that stands for it.
struct spawned_process {
  int pid;
  unique_fd pidfd;
};

/// Starts a program: the first argument is its name, which is looked up in the PATH of its environment if it has no slash.
///
/// The child begins with no signal blocked and all at their defaults; only SIGHUP, SIGINT and SIGQUIT stay ignored if they are, as
/// `nohup` and shells want it. The caller must wait for its end, so that no zombie stays.
///
/// *Suspends*: never. The thread stands still until the child has begun the program: a tenth of a millisecond. It is not a copy of
/// this process's memory, so its size does not matter. *Errors*: `std::system_error` that names the program if it cannot be
/// started, and then nothing was; `std::invalid_argument` for no arguments, a name without characters, and for texts with a zero
/// byte; `std::logic_error` if SIGCHLD is ignored: nobody could learn how a child ends. *Source*: posix_spawn(3), pidfd_open(2).
HALKA_API spawned_process spawn_process(std::span<std::string const> arguments, spawn_options const& options = {},
                                        std::source_location here = std::source_location::current());

}  // namespace halka::io
