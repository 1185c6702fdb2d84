// SPDX-License-Identifier: MIT
#include "walk.hpp"

#include "directory.hpp"
#include "system_call.hpp"

#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

namespace halka::fs {

namespace {

/// The contents, sorted from the last to the first; none for a directory that is left out.
task<std::vector<directory_entry>> contents_of(std::string path, bool is_root, walk_errors errors) {
  std::vector<directory_entry> entries;
  try {
    entries = co_await list_directory(path);
  } catch (std::system_error const& e) {
    bool const vanished = !is_root && (e.code().value() == ENOENT || e.code().value() == ENOTDIR);
    if (!vanished && errors == walk_errors::stop) throw;
  }
  co_return entries;
}

/// A directory that is being walked through.
struct level {
  std::string path;
  std::vector<directory_entry> entries;
  std::size_t next = 0;
};

async_generator<walk_entry> walk_down(std::string root, walk_options options) {
  std::vector<level> levels(1);
  levels.back().path = std::move(root);
  levels.back().entries = co_await contents_of(levels.back().path, true, options.errors);
  while (!levels.empty()) {
    level& current = levels.back();
    if (current.next == current.entries.size()) {
      levels.pop_back();
      continue;
    }
    directory_entry& found = current.entries[current.next++];
    walk_entry entry;
    entry.path = current.path + (current.path.ends_with('/') ? "" : "/") + found.name;
    entry.name = std::move(found.name);
    entry.type = found.type;
    entry.depth = levels.size() - 1;
    bool const enter = entry.type == file_type::directory && (options.enter_hidden || !entry.name.starts_with('.'));
    level below;
    if (enter) below.path = entry.path;
    co_yield entry;
    if (!enter) continue;
    below.entries = co_await contents_of(below.path, false, options.errors);
    levels.push_back(std::move(below));
  }
}

}  // namespace

async_generator<walk_entry> walk(std::string path, walk_options const& options) {
  return walk_down(detail::checked(std::move(path)), options);
}

}  // namespace halka::fs
