// SPDX-License-Identifier: MIT
#include "status.hpp"

#include "../../io/ops/status.hpp"
#include "system_call.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <cerrno>
#include <system_error>
#include <utility>

namespace halka::fs {

namespace {

file_status::time time_of(statx_timestamp const& t) noexcept {
  auto const since_epoch = std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
  return file_status::time(std::chrono::duration_cast<file_status::time::duration>(since_epoch));
}

task<file_status> status_of(std::string path, int flags) {
  struct statx found {};
  co_await io::status(AT_FDCWD, std::move(path), flags, STATX_BASIC_STATS | STATX_BTIME, found);
  file_status s;
  s.type = detail::type_of_mode(found.stx_mode);
  s.permissions = found.stx_mode & 07777U;
  s.size = found.stx_size;
  s.blocks = found.stx_blocks;
  s.owner = found.stx_uid;
  s.group = found.stx_gid;
  s.inode = found.stx_ino;
  s.device = makedev(found.stx_dev_major, found.stx_dev_minor);
  s.links = found.stx_nlink;
  s.accessed = time_of(found.stx_atime);
  s.modified = time_of(found.stx_mtime);
  s.changed = time_of(found.stx_ctime);
  if (found.stx_mask & STATX_BTIME) s.created = time_of(found.stx_btime);
  co_return s;
}

task<bool> is_there(std::string path) {
  struct statx found {};
  try {
    co_await io::status(AT_FDCWD, std::move(path), 0, STATX_TYPE, found);
  } catch (std::system_error const& e) {
    if (e.code().value() == ENOENT || e.code().value() == ENOTDIR) co_return false;
    throw;
  }
  co_return true;
}

}  // namespace

std::string_view to_string(file_type type) noexcept {
  switch (type) {
    case file_type::regular:
      return "regular";
    case file_type::directory:
      return "directory";
    case file_type::symlink:
      return "symlink";
    case file_type::fifo:
      return "fifo";
    case file_type::socket:
      return "socket";
    case file_type::block_device:
      return "block_device";
    case file_type::character_device:
      return "character_device";
    case file_type::unknown:
      break;
  }
  return "unknown";
}

file_type detail::type_of_mode(unsigned mode) noexcept {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return file_type::regular;
    case S_IFDIR:
      return file_type::directory;
    case S_IFLNK:
      return file_type::symlink;
    case S_IFIFO:
      return file_type::fifo;
    case S_IFSOCK:
      return file_type::socket;
    case S_IFBLK:
      return file_type::block_device;
    case S_IFCHR:
      return file_type::character_device;
    default:
      return file_type::unknown;
  }
}

task<file_status> stat(std::string path) { return status_of(detail::checked(std::move(path)), 0); }
task<file_status> lstat(std::string path) { return status_of(detail::checked(std::move(path)), AT_SYMLINK_NOFOLLOW); }
task<bool> exists(std::string path) { return is_there(detail::checked(std::move(path))); }

}  // namespace halka::fs
