// SPDX-License-Identifier: MIT
#include "directory.hpp"

#include "../../io/ops/make_directory.hpp"
#include "../../io/ops/unlink.hpp"
#include "../to_thread.hpp"
#include "system_call.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

namespace halka::fs {

namespace {

using detail::checked;
using detail::throw_error;

/// "a/b" for "a/b/c" and for "a/b/c/"; empty if there is nothing above.
std::string parent_of(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  std::size_t const slash = path.rfind('/');
  if (slash == std::string::npos) return {};
  return path.substr(0, slash);
}

task<> make_one(std::string path, unsigned mode, bool exist_ok) {
  int error = 0;
  try {
    co_await io::make_directory(path, mode);
  } catch (std::system_error const& e) {
    if (e.code().value() != EEXIST || !exist_ok) throw;
    error = EEXIST;
  }
  if (error == 0) co_return;
  file_status const there = co_await stat(path);
  if (!there.is_directory()) throw_error(error, "mkdir", path);
}

task<> make_with_parents(std::string path, make_directory_options options) {
  bool parents_missing = false;
  try {
    co_await make_one(path, options.mode, options.exist_ok);
  } catch (std::system_error const& e) {
    if (!options.parents || e.code().value() != ENOENT) throw;
    parents_missing = true;
  }
  std::string above = parent_of(path);
  if (!parents_missing) co_return;
  if (above.empty()) throw_error(ENOENT, "mkdir", path);
  co_await make_with_parents(std::move(above), {.parents = true, .exist_ok = true});
  co_await make_one(path, options.mode, options.exist_ok);
}

task<> remove_one(std::string path) { co_await io::unlink(std::move(path), true); }

file_type type_of_entry(DIR* directory, dirent const& entry) {
  if (entry.d_type != DT_UNKNOWN) return detail::type_of_mode(static_cast<unsigned>(DTTOIF(entry.d_type)));
  struct stat status {};  // a file system that does not say
  if (fstatat(dirfd(directory), entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) return file_type::unknown;
  return detail::type_of_mode(status.st_mode);
}

std::vector<directory_entry> entries_of(std::string const& path) {
  std::unique_ptr<DIR, int (*)(DIR*)> const directory(opendir(path.c_str()), closedir);
  if (!directory) throw_error(errno, "open directory", path);
  std::vector<directory_entry> entries;
  while (true) {
    errno = 0;
    dirent const* const entry = readdir(directory.get());
    if (!entry) break;
    std::string_view const name = entry->d_name;
    if (name == "." || name == "..") continue;
    entries.push_back({std::string(name), type_of_entry(directory.get(), *entry)});
  }
  if (errno != 0) throw_error(errno, "read directory", path);
  std::ranges::sort(entries, {}, &directory_entry::name);
  return entries;
}

task<std::vector<directory_entry>> list_in_thread(std::string path) { co_return co_await to_thread(entries_of, std::move(path)); }

}  // namespace

task<> make_directory(std::string path, make_directory_options const& options) {
  return make_with_parents(checked(std::move(path)), options);
}
task<> remove_directory(std::string path) { return remove_one(checked(std::move(path))); }
task<std::vector<directory_entry>> list_directory(std::string path) { return list_in_thread(checked(std::move(path))); }

}  // namespace halka::fs
