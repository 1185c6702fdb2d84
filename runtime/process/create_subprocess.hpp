// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/buffer.hpp"
#include "../../sched/export.hpp"
#include "../../sched/task.hpp"
#include "command.hpp"
#include "process_options.hpp"
#include "subprocess.hpp"

#include <source_location>
#include <string>

namespace halka {

/// Starts a program: `auto p = co_await create_subprocess_exec(command("ls", "-l"), {.standard_output = stdio::pipe});`
///
/// It begins with default signals and with no descriptors but its standard three and `inherited_fds`.
///
/// *Suspends*: never. The loop stands still until the program has begun, for a tenth of a millisecond, however large this process
/// is. *Result*: the process; dropping it kills it. *Errors*: `std::system_error` that names the program, if it cannot be started:
/// "start frob (not found in PATH /usr/bin:/bin): No such file or directory"; nothing is left then. `std::invalid_argument` for an
/// empty command and for texts with a zero byte; `std::logic_error` if this program ignores SIGCHLD. *Lifetime*: what the options
/// refer to, until the await ends. *Source*: asyncio.create_subprocess_exec, posix_spawn(3).
HALKA_API task<subprocess> create_subprocess_exec(command what, process_options options = {},
                                                  std::source_location here = std::source_location::current());

/// The same for a line that /bin/sh interprets. Never put into it what strangers have written; use `create_subprocess_exec`.
///
/// *Source*: asyncio.create_subprocess_shell.
HALKA_API task<subprocess> create_subprocess_shell(std::string line, process_options options = {},
                                                   std::source_location here = std::source_location::current());

/// How a program ended, and what it has written.
struct completed_process {
  int return_code = 0;  // minus the number of the signal that killed it
  std::string output;
  std::string error;
};

/// Runs a program to its end, gives it `input`, and collects those of its outputs that are `stdio::pipe`. With input its standard
/// input is a pipe.
///
/// *Errors*: as for `create_subprocess_exec`; a return code is none.
/// *Cancellation*: kills the program and waits for its end.
/// *Lifetime*: the input, and what the options refer to, until the await ends.
/// *Source*: Python's subprocess.run.
HALKA_API task<completed_process> run_process(command what, process_options options = {}, const_buffer input = {},
                                              std::source_location here = std::source_location::current());

}  // namespace halka
