// SPDX-License-Identifier: MIT
#include "names.hpp"

#include "../../io/ops/rename.hpp"
#include "../../io/ops/unlink.hpp"
#include "../to_thread.hpp"
#include "system_call.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <utility>

namespace halka::fs {

namespace {

using detail::checked;
using detail::throw_error;

task<> rename_now(std::string from, std::string to) { co_await io::rename(std::move(from), std::move(to)); }

task<> unlink_now(std::string path) { co_await io::unlink(std::move(path)); }

void make_symlink(std::string const& target, std::string const& path) {
  if (::symlink(target.c_str(), path.c_str()) != 0) throw_error(errno, "symlink", path, target);
}

std::string target_of(std::string const& path) {
  std::string target(256, '\0');
  while (true) {
    ssize_t const n = readlink(path.c_str(), target.data(), target.size());
    if (n < 0) throw_error(errno, "readlink", path);
    if (static_cast<std::size_t>(n) < target.size()) {
      target.resize(static_cast<std::size_t>(n));
      return target;
    }
    target.resize(2 * target.size());  // it may be longer
  }
}

void change_mode(std::string const& path, unsigned permissions) {
  if (chmod(path.c_str(), static_cast<mode_t>(permissions)) != 0) throw_error(errno, "chmod", path);
}

void touch_file(std::string const& path) {
  detail::thread_fd const fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0666));
  bool const opened = static_cast<bool>(fd) || errno == EISDIR || errno == ENXIO;  // directories, and pipes that nobody reads
  if (!opened || utimensat(AT_FDCWD, path.c_str(), nullptr, 0) != 0) throw_error(errno, "touch", path);
}

task<> symlink_in_thread(std::string target, std::string path) {
  co_await to_thread(make_symlink, std::move(target), std::move(path));
}

task<std::string> read_link_in_thread(std::string path) { co_return co_await to_thread(target_of, std::move(path)); }

task<> change_mode_in_thread(std::string path, unsigned permissions) {
  co_await to_thread(change_mode, std::move(path), permissions);
}

task<> touch_in_thread(std::string path) { co_await to_thread(touch_file, std::move(path)); }

}  // namespace

task<> rename(std::string from, std::string to) { return rename_now(checked(std::move(from)), checked(std::move(to))); }
task<> unlink(std::string path) { return unlink_now(checked(std::move(path))); }
task<> symlink(std::string target, std::string path) {
  return symlink_in_thread(checked(std::move(target)), checked(std::move(path)));
}
task<std::string> read_link(std::string path) { return read_link_in_thread(checked(std::move(path))); }
task<> set_permissions(std::string path, unsigned permissions) {
  return change_mode_in_thread(checked(std::move(path)), permissions);
}
task<> touch(std::string path) { return touch_in_thread(checked(std::move(path))); }

}  // namespace halka::fs
