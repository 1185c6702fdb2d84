// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../async_generator.hpp"
#include "status.hpp"

#include <string>

namespace halka::fs {

/// What `walk` does with a directory that cannot be read.
enum class walk_errors : std::uint8_t {
  stop,  // the walk ends with the error
  skip,  // its contents are left out
};

struct walk_options {
  walk_errors errors = walk_errors::stop;
  bool enter_hidden = true;  // also look into directories whose names begin with a dot
};

struct walk_entry {
  std::string path;  // begins with what was given to `walk`
  std::string name;
  file_type type = file_type::unknown;
  std::size_t depth = 0;  // 0 for the entries of the directory itself
};

/// All that is in a directory and in those below it: each entry before what is in it, entries of one directory sorted by name.
/// Symbolic links are entries and are not followed. A directory that vanishes meanwhile is left out.
///
/// *Errors*: of `next()`: `std::system_error` that names the directory.
/// *Source*: os.walk.
HALKA_API async_generator<walk_entry> walk(std::string path, walk_options const& options = {});

}  // namespace halka::fs
