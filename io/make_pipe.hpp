// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"
#include "unique_fd.hpp"

#include <source_location>

namespace halka {

/// The two ends of a pipe: what is written to one is read from the other.
struct pipe_ends {
  unique_fd read_end;
  unique_fd write_end;
};

/// Makes a pipe. Both ends are close-on-exec.
///
/// *Errors*: `std::system_error`, among them EMFILE.
/// *Source*: pipe2(2).
HALKA_API pipe_ends make_pipe(std::source_location here = std::source_location::current());

}  // namespace halka
