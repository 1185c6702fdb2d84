// SPDX-License-Identifier: MIT
#include "socket_file.hpp"

#include "../../io/operation_awaiter.hpp"
#include "../../io/socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace halka {

namespace {

/// Whether the path is a socket's to which nobody answers. Asking does not block.
bool is_stale(std::string const& path, socket_address const& address) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
  unique_fd const probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return probe && connect(probe.get(), address.data(), static_cast<socklen_t>(address.size())) != 0 && errno == ECONNREFUSED;
}

}  // namespace

socket_file socket_file::bind(int fd, std::string const& path, int mode) {
  socket_address const address = socket_address::unix_path(path);
  socket_file file;
  if (path.front() == '\0') {
    io::bind(fd, address);
    return file;
  }
  if (is_stale(path, address)) ::unlink(path.c_str());
  io::bind(fd, address);
  // Until the socket listens nobody can connect.
  struct stat status {};
  if (lstat(path.c_str(), &status) == 0) {
    file.path_ = std::filesystem::absolute(path).string();
    file.device_ = status.st_dev;
    file.inode_ = status.st_ino;
  }
  if (mode >= 0 && ::chmod(path.c_str(), static_cast<mode_t>(mode)) != 0) {
    int const error = errno;
    file.remove();
    detail::throw_io_error(error, "chmod " + path);
  }
  return file;
}

void socket_file::remove() noexcept {
  if (path_.empty()) return;
  struct stat status {};
  if (lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_) ::unlink(path_.c_str());
  path_.clear();
}

}  // namespace halka
