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

/// Reads what stands behind the name in /proc/PID/stat: the state first, the number of threads as the 18th, the time of the start
/// as the 20th. A main thread that has ended is a zombie as long as others run.
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
  auto const skip = [&](int fields) {
    for (; fields > 0; --fields) rest.remove_prefix(std::min(rest.find(' ') + 1, rest.size()));
  };
  auto const read_number = [&](auto& number) {
    return std::from_chars(rest.data(), rest.data() + rest.size(), number).ec == std::errc();
  };
  skip(1);
  char const state = rest.empty() ? ' ' : rest[0];
  skip(17);
  int threads = 0;
  read_number(threads);
  status.ended = state == 'X' || (state == 'Z' && threads <= 1);
  skip(2);
  status.known = read_number(status.start);
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

// Edge-triggered: each write leaves an event here, also if this process runs only when others have come and gone.
written_or_ended::written_or_ended(int eventfd, char const* what) : both_(epoll_create1(EPOLL_CLOEXEC)), what_(what) {
  if (!both_ || add(eventfd, EPOLLIN | EPOLLET) != 0) throw_io_error(errno, what_);
}

int written_or_ended::add(int fd, unsigned events) const noexcept {
  epoll_event event{};
  event.events = events;
  return epoll_ctl(both_.get(), EPOLL_CTL_ADD, fd, &event);
}

void written_or_ended::watch(process_identity const& process) {
  if (process != watched_) {
    // To close it is not enough: the child of a fork may have a copy.
    if (process_) epoll_ctl(both_.get(), EPOLL_CTL_DEL, process_.get(), nullptr);
    process_ = {};
    watched_ = {};
    // Who waits for a release by its own process needs no word of its end.
    if (process.pid != getpid()) {
      process_ = unique_fd(static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0)));
      // ESRCH: it has ended, which the look after this sees.
      if (process_ ? add(process_.get(), EPOLLIN) != 0 : errno != ESRCH) throw_io_error(errno, what_);
    }
    watched_ = process;
  }
  std::array<epoll_event, 2> forgotten;
  epoll_wait(both_.get(), forgotten.data(), static_cast<int>(forgotten.size()), 0);
}

}  // namespace halka::detail
