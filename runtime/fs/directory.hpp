// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../../sched/task.hpp"
#include "status.hpp"

#include <string>
#include <vector>

namespace halka::fs {

struct make_directory_options {
  bool parents = false;   // make those above it too
  bool exist_ok = false;  // it is no error if it is there
  unsigned mode = 0777;   // the process's umask takes some away; parents are made with 0777
};

/// Makes a directory. *Errors*: `std::system_error` that names the path. *Source*: mkdir(2), Python's Path.mkdir.
HALKA_API task<> make_directory(std::string path, make_directory_options const& options = {});

/// Removes an empty directory. *Errors*: `std::system_error` that names the path. *Source*: rmdir(2).
HALKA_API task<> remove_directory(std::string path);

/// Removes a directory with all that is in it, or a file. Symbolic links are removed, never followed. What vanishes meanwhile is no
/// error.
///
/// *Suspends*: until all is gone; it happens on a worker thread.
/// *Errors*: `std::system_error` that names the first entry that could not be removed; the others are removed. ENOENT if there is
/// nothing of that name.
/// *Cancellation*: stops after the entry that is being removed.
HALKA_API task<> remove_tree(std::string path);

struct directory_entry {
  std::string name;
  file_type type = file_type::unknown;  // of the entry itself; symbolic links are not followed
};

/// The entries of a directory but for . and .., sorted by the bytes of their names.
///
/// *Suspends*: it happens on a worker thread.
/// *Errors*: `std::system_error` that names the path.
/// *Source*: readdir(3).
HALKA_API task<std::vector<directory_entry>> list_directory(std::string path);

}  // namespace halka::fs
