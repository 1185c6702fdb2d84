// SPDX-License-Identifier: MIT
#include "text.hpp"

#include "../../io/certain.hpp"
#include "../../io/file.hpp"
#include "../../io/ops/open.hpp"
#include "../../io/ops/rename.hpp"
#include "../../io/ops/sync.hpp"
#include "../to_thread.hpp"
#include "status.hpp"
#include "system_call.hpp"
#include "unlink_certainly.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

namespace halka::fs {

namespace {

task<std::string> read_whole(std::string path, std::source_location here) {
  file f = co_await open_file(std::move(path), "r", {}, here);
  std::string text = co_await f.read_all();
  co_await f.close();
  co_return text;
}

/// Writes and closes; of a failed write the error, whatever closing says then.
task<> fill(file& f, const_buffer data, bool sync) {
  std::exception_ptr error;
  try {
    co_await f.write(data);
    if (sync) co_await f.sync();
  } catch (...) {
    error = std::current_exception();
  }
  try {
    co_await f.close();
  } catch (...) {
    if (!error) error = std::current_exception();
  }
  if (error) std::rethrow_exception(error);
}

task<> write_in_place(std::string path, const_buffer data, write_options options, std::source_location here) {
  file f = co_await open_file(std::move(path), "w", {.permissions = options.permissions}, here);
  co_await fill(f, data, options.sync);
}

/// Where writing to `path` would write: the end of a chain of symbolic links.
std::string end_of_links(std::string const& path) {
  std::unique_ptr<char, void (*)(void*)> const resolved(realpath(path.c_str(), nullptr), std::free);
  if (!resolved) detail::throw_error(errno, "open", path);
  return resolved.get();
}

struct target {
  std::string path;
  std::optional<unsigned> permissions;  // of the file that is there
};

task<target> find_target(std::string path) {
  target t;
  t.path = path;
  file_status status;
  try {
    status = co_await lstat(path);
    if (status.is_symlink()) {
      t.path = co_await to_thread(end_of_links, path);
      status = co_await stat(path);
    }
  } catch (std::system_error const& e) {
    if (e.code().value() != ENOENT) throw;
    co_return t;
  }
  t.permissions = status.permissions;
  co_return t;
}

/// A name beside `path` that nobody else uses.
std::string name_beside(std::string const& path) {
  static std::atomic<unsigned> number = 0;
  std::size_t const slash = path.rfind('/') + 1;
  return path.substr(0, slash) + ".halka-" + std::to_string(getpid()) + '-' + std::to_string(++number) + ".tmp";
}

// What must happen also while the task is being cancelled. Made outside of the coroutines: g++ 12 destroys a request that is a
// temporary of an awaiting expression twice.

auto open_directory_certainly(std::string path, std::source_location here) {
  return halka::detail::certainly(io::open_request{std::move(path), O_RDONLY | O_DIRECTORY, 0, here});
}

auto sync_certainly(int fd) { return halka::detail::certainly(io::sync_request{fd, false}); }

/// The directory's own entry for the new name is on the disk after this. It has happened already, so nothing stops it.
task<> sync_directory_of(std::string const& path, std::source_location here) {
  std::size_t const slash = path.rfind('/');
  std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  unique_fd fd = co_await open_directory_certainly(std::move(directory), here);
  try {
    co_await sync_certainly(fd.get());
  } catch (std::system_error const& e) {
    if (e.code().value() != EINVAL) throw;  // a file system without such a thing
  }
}

task<> replace(target const& t, std::string const& temporary, const_buffer data, unsigned permissions, std::source_location here) {
  file f = co_await open_file(temporary, "x", {.permissions = permissions}, here);
  if (t.permissions && fchmod(f.fd(), *t.permissions) != 0) detail::throw_error(errno, "chmod", temporary);
  co_await fill(f, data, true);
  co_await io::rename(temporary, t.path);
}

task<> write_beside(std::string path, const_buffer data, write_options options, std::source_location here) {
  target t = co_await find_target(std::move(path));
  std::string const temporary = name_beside(t.path);
  std::exception_ptr error;
  try {
    co_await replace(t, temporary, data, t.permissions ? 0600 : options.permissions, here);
  } catch (...) {
    error = std::current_exception();
  }
  if (error) {
    try {
      co_await detail::unlink_certainly(temporary);
    } catch (std::system_error const&) {
      // It was not made.
    }
    std::rethrow_exception(error);
  }
  co_await sync_directory_of(t.path, here);
}

}  // namespace

task<std::string> read_text(std::string path, std::source_location here) {
  return read_whole(detail::checked(std::move(path)), here);
}

task<> write_text(std::string path, const_buffer data, write_options const& options, std::source_location here) {
  if (options.atomic) return write_beside(detail::checked(std::move(path)), data, options, here);
  return write_in_place(detail::checked(std::move(path)), data, options, here);
}

}  // namespace halka::fs
