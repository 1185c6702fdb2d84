// SPDX-License-Identifier: MIT

// The zygote: a single-threaded copy of the program that has not run main, and forks on request.
//
// It sleeps on its socket, on SIGCHLD, and on the process that it serves. Its children are known by their number until they are
// reaped here, so a number always means the same process. Each has a pipe into which the zygote writes how it ended. When the
// socket is closed, or the program has ended while some fork of it still holds the socket, the zygote ends, and the kernel kills
// its children with it: each has asked for that (child_side.cpp).
//
// A contained zygote answers also for what its children leave behind. It adopts the orphans below it, which is how it finds them:
// every child that it did not start itself is one, and is killed. Process groups go first, whole and at once, so that a process
// which does nothing but fork cannot outrun this.

#include "zygote_server.hpp"

#include "child_side.hpp"
#include "descriptor_message.hpp"
#include "zygote_protocol.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <vector>

namespace halka::detail {

namespace {

using namespace zygote_protocol;

constexpr int milliseconds_between_attempts = 5;

class zygote_server {
 public:
  zygote_server(int socket, int program, bool contained);
  [[noreturn]] void serve();

 private:
  struct child {
    pid_t pid;
    unique_fd status;
  };

  bool take_request();
  answer start_child(request const& r, std::span<std::byte const> inlined, std::vector<unique_fd>& descriptors, unique_fd& pidfd);
  answer start_zygote(std::vector<unique_fd>& descriptors);
  bool send(answer const& a, int descriptor = -1) const;
  void take_ends();
  void note_end(pid_t pid, int status);
  void kill_orphans() const noexcept;
  /// Closes what is not for the processes that it makes.
  void let_go() noexcept;
  [[noreturn]] void end();
  std::vector<child>::iterator find(pid_t pid) { return std::ranges::find(children_, pid, &child::pid); }

  unique_fd socket_;
  unique_fd program_;  // a pidfd
  unique_fd ends_;     // SIGCHLD
  unique_fd list_;     // of its children
  bool contained_;
  std::vector<child> children_;
  std::vector<std::byte> buffer_;
};

zygote_server::zygote_server(int socket, int program, bool contained)
    : socket_(socket), program_(program), contained_(contained), buffer_(largest_datagram) {
  fcntl(socket, F_SETFD, FD_CLOEXEC);
  prctl(PR_SET_NAME, contained ? "halka-warden" : "halka-zygote");
  prctl(PR_SET_CHILD_SUBREAPER, contained ? 1 : 0);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  std::signal(SIGCHLD, SIG_DFL);
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGCHLD);
  ends_ = unique_fd(signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK));
  list_ = unique_fd(open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC));
  if (!ends_) _exit(1);  // the parent sees its socket closed
}

void zygote_server::serve() {
  if (!send(answer{.pid = getpid()})) end();
  while (true) {
    std::array<pollfd, 3> ready{{{socket_.get(), POLLIN, 0}, {ends_.get(), POLLIN, 0}, {program_.get(), POLLIN, 0}}};
    if (poll(ready.data(), ready.size(), -1) < 0) continue;
    if (ready[1].revents) take_ends();
    if (ready[2].revents || (ready[0].revents && !take_request())) end();
  }
}

bool zygote_server::take_request() {
  passed_message message = receive_with_descriptors(socket_.get(), buffer_);
  if (message.size == 0) {
    if (message.error == 0 || message.error == ECONNRESET) return false;
    poll(nullptr, 0, milliseconds_between_attempts);  // no memory: the request still lies there
    return true;
  }
  request r;
  unique_fd pidfd;
  answer a;
  std::span<std::byte const> received = std::span(buffer_).first(message.size);
  if (message.error != 0) {
    a.error = message.error;
  } else if (!read_request(received, r)) {
    a.error = EPROTO;
  } else {
    try {
      a = r.kind == request_kind::start_zygote ? start_zygote(message.descriptors)
                                               : start_child(r, received, message.descriptors, pidfd);
    } catch (std::bad_alloc const&) {
      a.error = ENOMEM;
    }
  }
  return send(a, pidfd.get());
}

answer zygote_server::start_child(request const& r, std::span<std::byte const> inlined, std::vector<unique_fd>& descriptors,
                                  unique_fd& pidfd) {
  answer a;
  if (descriptors.empty()) {
    a.error = EPROTO;
    return a;
  }
  unique_fd status = std::move(descriptors.back());  // the last one is the zygote's own
  descriptors.pop_back();
  children_.reserve(children_.size() + 1);
  pid_t const parent = getpid();
  a.pid = fork();
  if (a.pid == 0) {
    let_go();
    status.close();
    run_as_child(r, inlined, std::move(descriptors), parent);
  }
  if (a.pid < 0) {
    a.error = errno;
    return a;
  }
  setpgid(a.pid, a.pid);  // the child does the same; here it is done before anybody knows its number
  pidfd = unique_fd(static_cast<int>(syscall(SYS_pidfd_open, a.pid, 0)));
  if (!pidfd) a.error = errno;
  children_.push_back({a.pid, std::move(status)});
  if (!pidfd) kill(a.pid, SIGKILL);
  return a;
}

answer zygote_server::start_zygote(std::vector<unique_fd>& descriptors) {
  answer a;
  if (descriptors.size() != 1) {
    a.error = EPROTO;
    return a;
  }
  a.pid = fork();
  if (a.pid < 0) a.error = errno;
  if (a.pid != 0) return a;
  setpgid(0, 0);
  int const program = program_.release();
  let_go();
  zygote_server(descriptors.front().release(), program, true).serve();
}

void zygote_server::let_go() noexcept {
  socket_.close();
  program_.close();
  ends_.close();
  list_.close();
  children_.clear();
}

/// False if the parent has gone. It waits for this answer, so whatever else is in the way is waited for.
bool zygote_server::send(answer const& a, int descriptor) const {
  iovec const part{const_cast<answer*>(&a), sizeof a};
  std::span<int const> descriptors;
  if (descriptor >= 0) descriptors = std::span(&descriptor, 1);
  while (true) {
    switch (send_with_descriptors(socket_.get(), std::span(&part, 1), descriptors)) {
      case 0:
        return true;
      case ENOMEM:
      case ENOBUFS:
      case ETOOMANYREFS:  // descriptors that nobody has taken yet
        poll(nullptr, 0, milliseconds_between_attempts);
        break;
      default:
        return false;
    }
  }
}

void zygote_server::take_ends() {
  signalfd_siginfo ignored;
  while (read(ends_.get(), &ignored, sizeof ignored) > 0) {
  }
  siginfo_t info{};
  while (info.si_pid = 0, waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
    pid_t const pid = info.si_pid;
    if (contained_) kill(-pid, SIGKILL);  // while its number is still taken
    waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED);
    note_end(pid, info.si_code == CLD_EXITED ? info.si_status : -info.si_status);
  }
  if (contained_) kill_orphans();
}

void zygote_server::note_end(pid_t pid, int status) {
  auto const ended = find(pid);
  if (ended == children_.end()) return;
  static_cast<void>(!write(ended->status.get(), &status, sizeof status));  // a pipe of its own: there is room
  children_.erase(ended);
}

/// Without memory of its own: it must not fail for want of any.
void zygote_server::kill_orphans() const noexcept {
  std::array<char, 1024> part;
  pid_t pid = 0;
  lseek(list_.get(), 0, SEEK_SET);
  ssize_t size;
  while ((size = read(list_.get(), part.data(), part.size())) > 0 || (size < 0 && errno == EINTR)) {
    for (ssize_t i = 0; i < size; ++i) {
      char const c = part[static_cast<std::size_t>(i)];
      if (c != ' ') {
        pid = pid * 10 + (c - '0');
        continue;
      }
      if (std::ranges::find(children_, pid, &child::pid) == children_.end()) {
        kill(-pid, SIGKILL);
        kill(pid, SIGKILL);
      }
      pid = 0;
    }
  }
}

void zygote_server::end() {
  if (contained_) {
    for (child const& c : children_) {
      kill(-c.pid, SIGKILL);
      kill(c.pid, SIGKILL);
    }
    // Each death may bring orphans of its own; when nobody is left, waitid says so.
    siginfo_t info{};
    while (waitid(P_ALL, 0, &info, WEXITED) == 0 || errno == EINTR) {
      if (auto const c = find(info.si_pid); c != children_.end()) children_.erase(c);
      kill_orphans();
    }
  }
  _exit(0);
}

/// The zygote shall hold nothing open that its parent may want to close, and stand in nobody's way.
void let_go_of_the_world() {
  int const null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int const fd : {0, 1, 2}) dup2(null, fd);
  close(null);
  static_cast<void>(!chdir("/"));
}

}  // namespace

void serve_as_zygote(int socket) {
  int const program = static_cast<int>(syscall(SYS_pidfd_open, getppid(), 0));
  pid_t const pid = program < 0 ? -1 : fork();
  if (pid != 0) _exit(pid < 0 ? 1 : 0);
  setpgid(0, 0);
  std::fflush(nullptr);  // what static objects have written is theirs, not of each child once more
  let_go_of_the_world();
  zygote_server(socket, program, false).serve();
}

}  // namespace halka::detail
