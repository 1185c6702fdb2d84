// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/file.hpp"
#include "../../sched/export.hpp"
#include "../../sched/task.hpp"

#include <source_location>
#include <string>
#include <string_view>

namespace halka::fs {

struct temporary_options {
  std::string_view directory = {};     // where; empty for the one in TMPDIR, else /tmp
  std::string_view prefix = "halka-";  // how its name begins
};

/// A directory that is removed with all that is in it.
///
/// *Lifetime*: close it; the destructor removes it while the loop waits, and reports what it could not remove.
class HALKA_API scratch_directory {
 public:
  scratch_directory() noexcept = default;
  explicit scratch_directory(std::string path) noexcept : path_(std::move(path)) {}
  scratch_directory(scratch_directory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  scratch_directory& operator=(scratch_directory&& other) noexcept;
  ~scratch_directory();

  /// Empty once it is closed.
  std::string const& path() const noexcept { return path_; }
  /// The path of an entry.
  std::string operator/(std::string_view name) const { return path_ + '/' + std::string(name); }

  /// Removes it. Harmless when called again.
  /// *Errors*: those of `remove_tree`. *Cancellation*: what is left is removed by the destructor.
  task<> close();

 private:
  std::string path_;
};

/// A file, opened to be written and read, that is removed.
///
/// *Lifetime*: close it; the destructor removes it while the loop waits.
class HALKA_API scratch_file : public file {
 public:
  scratch_file() noexcept = default;
  explicit scratch_file(file f) noexcept;
  scratch_file(scratch_file&& other) noexcept;
  scratch_file& operator=(scratch_file&& other) noexcept;
  ~scratch_file();

  /// Closes and removes it. Harmless when called again. *Cancellation*: it happens all the same once it has begun.
  task<> close();

 private:
  bool is_there_ = false;
};

/// Makes a directory that nobody else uses and only the user may enter.
///
/// *Errors*: `std::system_error` that names the path.
/// *Source*: Python's tempfile.TemporaryDirectory.
HALKA_API task<scratch_directory> temporary_directory(temporary_options const& options = {});

/// Makes a file that nobody else uses and only the user may open. *Source*: Python's tempfile.NamedTemporaryFile.
HALKA_API task<scratch_file> temporary_file(temporary_options const& options = {},
                                            std::source_location here = std::source_location::current());

}  // namespace halka::fs
