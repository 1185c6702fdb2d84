// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace halka {

/// The file at the path of a unix socket that this program bound. It is removed with its owner.
class socket_file {
 public:
  /// None, as for a name in the abstract namespace.
  socket_file() noexcept = default;
  socket_file(socket_file&& other) noexcept : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}
  socket_file& operator=(socket_file&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(device_, other.device_);
    std::swap(inode_, other.inode_);
    return *this;
  }
  ~socket_file() { remove(); }

  /// Binds a socket to a path and gives the file its permissions (-1: what the umask leaves), before anybody can connect. The file
  /// of a socket on which nobody listens any more is replaced.
  ///
  /// *Errors*: `std::system_error`: EADDRINUSE if somebody listens there, or the file is no socket; `std::invalid_argument` for a
  /// path that is too long.
  static socket_file bind(int fd, std::string const& path, int mode);

  /// Removes the file if it is still the one that was made. Harmless when called again.
  void remove() noexcept;

 private:
  std::string path_;
  std::uint64_t device_ = 0;
  std::uint64_t inode_ = 0;
};

}  // namespace halka
