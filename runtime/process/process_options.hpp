// SPDX-License-Identifier: MIT
#pragma once

#include "stdio.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace halka {

/// How a program is started, and what becomes of it. What the views refer to must live until the `co_await` that starts it ends.
struct process_options {
  stdio standard_input = stdio::inherit;
  stdio standard_output = stdio::inherit;
  stdio standard_error = stdio::inherit;
  /// Of the pipes' streams: how far read_until and read_line look.
  std::size_t limit = 65536;

  /// The directory in which it starts; empty for that of this process.
  std::string_view cwd = {};
  /// Entries "NAME=value" that are added to the environment or replace what is there; "NAME" alone removes a variable.
  std::span<std::string const> environment = {};
  /// False: the entries are the whole environment.
  bool inherit_environment = true;
  /// Further descriptors that it gets, under the same numbers. All others are closed in it.
  std::span<int const> inherited_fds = {};

  /// It leads a process group, or a session, of its own. Ctrl-C in the terminal does not reach it then.
  bool new_process_group = false;
  bool new_session = false;
  /// Signals go to all processes of its group, which is its own: also to what it has started, and also after its own end.
  bool kill_group = false;
  /// A task that is cancelled in `wait` or `communicate`, by a timeout for example, kills the process and waits for its end before
  /// the cancellation goes on.
  bool kill_on_cancel = false;
};

}  // namespace halka
