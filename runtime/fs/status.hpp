// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../../sched/task.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace halka::fs {

enum class file_type : std::uint8_t { unknown, regular, directory, symlink, fifo, socket, block_device, character_device };

/// "regular", "directory", ...
HALKA_API std::string_view to_string(file_type type) noexcept;

/// What the system knows of a file.
struct file_status {
  using time = std::chrono::system_clock::time_point;

  file_type type = file_type::unknown;
  unsigned permissions = 0;  // the lower twelve bits of the mode
  std::uint64_t size = 0;
  std::uint64_t blocks = 0;  // of 512 bytes, that it takes on the disk
  unsigned owner = 0;
  unsigned group = 0;
  std::uint64_t inode = 0;
  std::uint64_t device = 0;
  std::uint64_t links = 0;
  time accessed;
  time modified;
  time changed;  // its status
  time created;  // the epoch where the file system does not know

  bool is_file() const noexcept { return type == file_type::regular; }
  bool is_directory() const noexcept { return type == file_type::directory; }
  bool is_symlink() const noexcept { return type == file_type::symlink; }
};

/// Asks for the status of a file; of what a symbolic link points to.
///
/// *Suspends*: always; the disk never blocks the loop.
/// *Errors*: `std::system_error` that names the path.
/// *Source*: stat(2).
HALKA_API task<file_status> stat(std::string path);

/// The same, of the symbolic link itself. *Source*: lstat(2).
HALKA_API task<file_status> lstat(std::string path);

/// Whether the path names something; a symbolic link to nothing does not. *Errors*: `std::system_error`, but for ENOENT and
/// ENOTDIR.
HALKA_API task<bool> exists(std::string path);

namespace detail {
/// Of the file type bits of a mode.
file_type type_of_mode(unsigned mode) noexcept;
}  // namespace detail

}  // namespace halka::fs
