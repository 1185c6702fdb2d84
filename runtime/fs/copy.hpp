// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../../sched/task.hpp"

#include <string>

namespace halka::fs {

struct copy_options {
  bool overwrite = false;  // replace what is there
};

/// Copies a file with its permissions; of a symbolic link, what it points to. Where the file system can, the two share their data
/// until one is changed. The copy gets its name when it is complete: there is never a part of one.
///
/// *Suspends*: until it is done; it happens on a worker thread.
/// *Errors*: `std::system_error` that names the paths; EEXIST if `to` is there and `overwrite` is not set; EISDIR for a directory.
/// *Cancellation*: stops after the step of 8 MiB that is under way; nothing is left.
/// *Source*: copy_file_range(2), Python's shutil.copy.
HALKA_API task<> copy(std::string from, std::string to, copy_options const& options = {});

}  // namespace halka::fs
