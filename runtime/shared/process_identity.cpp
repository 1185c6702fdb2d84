// SPDX-License-Identifier: MIT
#include "process_identity.hpp"

#include "../../io/operation_awaiter.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <string_view>

namespace halka::detail {

namespace {

struct process_status {
  bool known = false;
  bool ended = false;
  std::uint64_t start = 0;
};

/// Reads what stands behind the name in /proc/PID/stat: the state first, the time of the start as the 20th.
process_status read_status(int pid) noexcept {
  process_status status;
  char path[32];
  std::snprintf(path, sizeof path, "/proc/%d/stat", pid);
  int const fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return status;  // it has ended, or may not be seen
  std::array<char, 1024> text;
  ssize_t const size = read(fd, text.data(), text.size());
  close(fd);
  if (size <= 0) return status;
  std::string_view rest(text.data(), static_cast<std::size_t>(size));
  rest.remove_prefix(rest.rfind(')') + 1);
  status.ended = rest.size() > 1 && (rest[1] == 'Z' || rest[1] == 'X');
  for (int field = 0; field < 20; ++field) rest.remove_prefix(std::min(rest.find(' ') + 1, rest.size()));
  status.known = std::from_chars(rest.data(), rest.data() + rest.size(), status.start).ec == std::errc();
  return status;
}

}  // namespace

process_identity this_process() noexcept {
  static std::mutex mutex;
  static process_identity known;
  int const pid = getpid();
  std::lock_guard const lock(mutex);
  if (known.pid != pid) known = {pid, read_status(pid).start};
  return known;
}

bool is_running(process_identity const& process) noexcept {
  if (process == this_process()) return true;
  process_status const status = read_status(process.pid);
  if (!status.known) return kill(process.pid, 0) == 0 || errno == EPERM;
  return !status.ended && (process.start == 0 || status.start == process.start);
}

readable_or_ended::readable_or_ended(int fd, process_identity const& process, char const* what)
    : both_(epoll_create1(EPOLL_CLOEXEC)) {
  epoll_event event{};
  event.events = EPOLLIN;
  if (!both_ || epoll_ctl(both_.get(), EPOLL_CTL_ADD, fd, &event) != 0) throw_io_error(errno, what);
  // Who waits for a release by its own process needs no word of its end.
  if (process.pid == getpid()) return;
  process_ = unique_fd(static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0)));
  has_ended_ = !process_ && errno == ESRCH;
  if (has_ended_) return;
  if (!process_ || epoll_ctl(both_.get(), EPOLL_CTL_ADD, process_.get(), &event) != 0) throw_io_error(errno, what);
}

}  // namespace halka::detail
