// SPDX-License-Identifier: MIT
#include "tree_removal.hpp"

// Each directory is opened relative to the one above it and without following a symbolic link, so whatever is renamed or replaced
// meanwhile, nothing outside of the tree is touched.

#include "../../sched/errors.hpp"
#include "directory.hpp"
#include "finish_in_thread.hpp"
#include "system_call.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace halka::fs {

namespace {

class tree_removal {
 public:
  tree_removal(std::stop_token stop, std::string path) noexcept : stop_(std::move(stop)), path_(std::move(path)) {}

  void run() {
    if (!remove_file(AT_FDCWD, path_.c_str())) remove_directory(AT_FDCWD, path_);
    if (error_ != 0) detail::throw_error(error_, "remove", failed_);
  }

 private:
  /// False if it is a directory.
  bool remove_file(int directory, char const* name) {
    if (stop_.stop_requested()) throw cancelled_error();
    if (unlinkat(directory, name, 0) == 0) return true;
    if (errno == EISDIR || errno == EPERM) return is_no_directory(directory, name, errno);
    note_unless_gone(errno);
    return true;
  }

  /// EPERM may mean a directory, or a file that must not be removed.
  bool is_no_directory(int directory, char const* name, int error) {
    detail::thread_fd const fd(openat(directory, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (fd) return false;
    note(errno == ENOTDIR || errno == ELOOP ? error : errno);
    return true;
  }

  void remove_directory(int above, std::string const& name) {
    // Entries that are made while it is being emptied need another round; a directory that keeps being filled is given up.
    for (int round = 0; round < 8; ++round) {
      if (!remove_entries(above, name)) return;
      if (unlinkat(above, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return;
      if (errno != ENOTEMPTY || error_ != 0) return note(errno);
    }
    note(ENOTEMPTY);
  }

  /// False if it could not be looked into.
  bool remove_entries(int above, std::string const& name) {
    detail::thread_fd fd(openat(above, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) {
      note_unless_gone(errno);
      return false;
    }
    std::unique_ptr<DIR, int (*)(DIR*)> const directory(fdopendir(fd.get()), closedir);
    if (!directory) {
      note(errno);
      return false;
    }
    static_cast<void>(fd.release());
    for (std::string const& entry : names_in(directory.get())) {
      std::size_t const length = path_.size();
      path_ += '/' + entry;
      if (!remove_file(dirfd(directory.get()), entry.c_str())) remove_directory(dirfd(directory.get()), entry);
      path_.resize(length);
    }
    return true;
  }

  static std::vector<std::string> names_in(DIR* directory) {
    std::vector<std::string> names;
    while (dirent const* const entry = readdir(directory)) {
      std::string_view const name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    return names;
  }

  void note_unless_gone(int error) {
    if (error != ENOENT || depth_is_zero()) note(error);
  }
  bool depth_is_zero() const noexcept { return path_.size() == root_size_; }

  /// The first error is the one that is told.
  void note(int error) {
    if (error_ != 0) return;
    error_ = error;
    failed_ = path_;
  }

  std::stop_token stop_;
  std::string path_;  // of the entry that is being removed
  std::size_t root_size_ = path_.size();
  int error_ = 0;
  std::string failed_;
};

task<> remove_in_thread(std::string path) {
  co_await halka::detail::finish_in_thread(detail::remove_tree_blocking, std::move(path));
}

}  // namespace

void detail::remove_tree_blocking(std::stop_token stop, std::string const& path) { tree_removal(std::move(stop), path).run(); }

task<> remove_tree(std::string path) { return remove_in_thread(detail::checked(std::move(path))); }

}  // namespace halka::fs
