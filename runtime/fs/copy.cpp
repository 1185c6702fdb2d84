// SPDX-License-Identifier: MIT
#include "copy.hpp"

#include "../../sched/errors.hpp"
#include "finish_in_thread.hpp"
#include "system_call.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <stop_token>
#include <utility>

namespace halka::fs {

namespace {

constexpr std::size_t step = std::size_t{8} << 20;
constexpr std::size_t piece = std::size_t{256} << 10;

/// A file beside `to` that takes its name in the end, and is removed if it does not.
class growing_copy {
 public:
  growing_copy(std::string const& to, unsigned permissions) : path_(name_beside(to)), fd_(make(permissions)) {}
  ~growing_copy() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  growing_copy(growing_copy const&) = delete;
  growing_copy& operator=(growing_copy const&) = delete;

  int fd() const noexcept { return fd_.get(); }

  /// 0, or the error.
  int take_name(std::string const& to, bool overwrite) {
    int const result = overwrite ? ::rename(path_.c_str(), to.c_str())
                                 : renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
    if (result != 0 && !overwrite && errno == EINVAL) {  // a file system that cannot: a second name is refused as well
      if (::link(path_.c_str(), to.c_str()) != 0) return errno;
      return 0;
    }
    if (result != 0) return errno;
    path_.clear();
    return 0;
  }

 private:
  static std::string name_beside(std::string const& to) {
    static std::atomic<unsigned> number = 0;
    return to.substr(0, to.rfind('/') + 1) + ".halka-copy-" + std::to_string(getpid()) + '-' + std::to_string(++number) + ".tmp";
  }
  int make(unsigned permissions) const {
    int const fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) detail::throw_error(errno, "open", path_);
    fchmod(fd, permissions);  // some file systems have none
    return fd;
  }

  std::string path_;
  detail::thread_fd fd_;
};

class file_copy {
 public:
  file_copy(std::stop_token stop, std::string const& from, std::string const& to) noexcept
      : stop_(std::move(stop)), from_(from), to_(to) {}

  void run(bool overwrite) {
    detail::thread_fd const source(::open(from_.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!source) detail::throw_error(errno, "open", from_);
    struct stat status {};
    if (fstat(source.get(), &status) != 0) detail::throw_error(errno, "stat", from_);
    if (S_ISDIR(status.st_mode)) fail(EISDIR);
    if (!S_ISREG(status.st_mode)) fail(EINVAL);
    struct stat there {};
    if (::stat(to_.c_str(), &there) == 0) {
      if (!overwrite) fail(EEXIST);
      if (S_ISDIR(there.st_mode)) fail(EISDIR);
      if (there.st_dev == status.st_dev && there.st_ino == status.st_ino) fail(EINVAL);  // onto itself
    }
    growing_copy copy(to_, status.st_mode & 07777U);
    if (ioctl(copy.fd(), FICLONE, source.get()) != 0) copy_bytes(source.get(), copy.fd());
    check_stop();
    if (int const error = copy.take_name(to_, overwrite)) fail(error);
  }

 private:
  void copy_bytes(int source, int target) {
    while (true) {
      check_stop();
      ssize_t const n = copy_file_range(source, nullptr, target, nullptr, step, 0);
      if (n > 0) continue;
      if (n < 0 && errno != EINVAL && errno != EXDEV && errno != ENOSYS && errno != EOPNOTSUPP && errno != EBADF) fail(errno);
      // Either that was the end, or the kernel cannot: also some file systems say "end" for files without a size.
      return copy_by_hand(source, target);
    }
  }

  void copy_by_hand(int source, int target) {
    auto const memory = std::make_unique_for_overwrite<char[]>(piece);
    while (true) {
      check_stop();
      ssize_t const got = ::read(source, memory.get(), piece);
      if (got < 0) fail(errno);
      if (got == 0) return;
      for (ssize_t done = 0; done < got;) {
        ssize_t const n = ::write(target, memory.get() + done, static_cast<std::size_t>(got - done));
        if (n < 0) fail(errno);
        done += n;
      }
    }
  }

  void check_stop() const {
    if (stop_.stop_requested()) throw cancelled_error();
  }
  [[noreturn]] void fail(int error) const { detail::throw_error(error, "copy", from_, to_); }

  std::stop_token stop_;
  std::string const& from_;
  std::string const& to_;
};

void copy_blocking(std::stop_token stop, std::string const& from, std::string const& to, bool overwrite) {
  file_copy(std::move(stop), from, to).run(overwrite);
}

task<> copy_in_thread(std::string from, std::string to, bool overwrite) {
  co_await halka::detail::finish_in_thread(copy_blocking, std::move(from), std::move(to), overwrite);
}

}  // namespace

task<> copy(std::string from, std::string to, copy_options const& options) {
  return copy_in_thread(detail::checked(std::move(from)), detail::checked(std::move(to)), options.overwrite);
}

}  // namespace halka::fs
