// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"
#include "stream.hpp"

namespace halka {

/// The program's standard input, be it a terminal, a pipe, a socket or a file. Every call on a loop gives the same stream, with one
/// buffer; letting go of it closes nothing.
///
/// *Errors*: `std::system_error` if the program was started without it; `std::logic_error` outside of a loop.
/// *Lifetime*: it belongs to the loop. What a loop has read ahead ends with it.
/// *Source*: Python's sys.stdin; stdin(3).
HALKA_API stream standard_input();

/// The program's standard output. It knows nothing of the buffers of `std::printf` and `std::cout`: flush those first.
HALKA_API stream standard_output();

/// The program's standard error.
HALKA_API stream standard_error();

}  // namespace halka
