// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../../sched/task.hpp"

#include <string>

// What changes names and attributes. None of these blocks the loop; their errors are `std::system_error` that names the path; a
// cancellation that comes when the kernel has begun is delivered at the next suspension.

namespace halka::fs {

/// Gives a file another name; what has that name is replaced. *Source*: rename(2).
HALKA_API task<> rename(std::string from, std::string to);

/// Removes a name of a file that is no directory. *Source*: unlink(2).
HALKA_API task<> unlink(std::string path);

/// Makes a symbolic link `path` to `target`, which need not exist. *Source*: symlink(2).
HALKA_API task<> symlink(std::string target, std::string path);

/// What a symbolic link points to, as it was written. *Source*: readlink(2).
HALKA_API task<std::string> read_link(std::string path);

/// Sets the lower twelve bits of the mode. *Source*: chmod(2).
HALKA_API task<> set_permissions(std::string path, unsigned permissions);

/// Makes an empty file, or sets the times of one that is there to now.
HALKA_API task<> touch(std::string path);

}  // namespace halka::fs
