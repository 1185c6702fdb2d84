// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/buffer.hpp"
#include "../../sched/export.hpp"
#include "../../sched/task.hpp"

#include <source_location>
#include <string>

namespace halka::fs {

/// All that a file holds.
///
/// *Suspends*: always; the disk never blocks the loop.
/// *Errors*: `std::system_error` that names the path.
HALKA_API task<std::string> read_text(std::string path, std::source_location here = std::source_location::current());

struct write_options {
  bool atomic = false;          // others see the old contents or the new ones, also after a crash; permissions stay as they were
  bool sync = false;            // wait until the data is on the disk; `atomic` does so anyway
  unsigned permissions = 0666;  // of a file that is made; the process's umask takes some away
};

/// Makes a file hold `data` and nothing else. With `atomic` the data goes to a temporary file beside it that then takes its name; a
/// symbolic link stays one.
///
/// *Suspends*: always; the disk never blocks the loop.
/// *Errors*: `std::system_error` that names the path. With `atomic` the file is then as it was, and nothing is left beside it.
/// *Cancellation*: the file may hold a beginning of `data`; with `atomic` it is as for errors.
/// *Lifetime*: the bytes, until the await ends.
HALKA_API task<> write_text(std::string path, const_buffer data, write_options const& options = {},
                            std::source_location here = std::source_location::current());

}  // namespace halka::fs

namespace halka {

using fs::read_text;
using fs::write_text;

}  // namespace halka
