// SPDX-License-Identifier: MIT
#include "watched_child.hpp"

#include "../../io/io_backend.hpp"
#include "../../io/kernel_features.hpp"
#include "../../io/operation_awaiter.hpp"
#include "../../io/ops/read.hpp"
#include "../../io/signal_name.hpp"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>

namespace halka {

namespace {

// <sys/wait.h> of glibc before 2.36 lacks the first, <linux/pidfd.h> before Linux 6.9 the second.
constexpr auto by_pidfd = static_cast<idtype_t>(3);
constexpr unsigned to_process_group = 1U << 2;

constexpr int highest_signal = 64;

int pidfd_send_signal(int pidfd, int signal, unsigned flags) noexcept {
  return syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, flags) == 0 ? 0 : errno;
}

}  // namespace

watched_child::watched_child(event_loop& loop, std::string name, bool group)
    : io_operation(completed), loop_(loop), name_(std::move(name)), group_(group), request_{-1} {}

watched_child::~watched_child() { close_descriptors(); }

void watched_child::begin(io::spawned_process started) {
  pid_ = started.pid;
  pidfd_ = started.pidfd.release();
  request_.pidfd = pidfd_;
  request_.prepare(*this);
  begin_waiting();
}

void watched_child::begin(started_child started) {
  pid_ = started.pid;
  pidfd_ = started.pidfd.release();
  status_fd_ = started.status.release();
  io::read_request{status_fd_, mutable_buffer(&told_, sizeof told_), current_position}.prepare(*this);
  begin_waiting();
}

void watched_child::begin_waiting() {
  running_ = shared_from_this();
  try {
    io_backend::of(loop_).submit(*this);  // lifetime: `running_` keeps the operation and its request
  } catch (...) {
    take_now();
    running_.reset();
    throw;
  }
}

void watched_child::completed(io_operation& op) {
  auto& self = static_cast<watched_child&>(op);
  std::shared_ptr<watched_child> const alive = std::move(self.running_);
  // Nothing has happened yet, or there was no memory for it: nobody else would take the status.
  if (op.result == -EINTR || op.result == -EAGAIN || op.result == -ENOMEM) {
    self.running_ = alive;
    try {
      return io_backend::of(self.loop_).submit(self);
    } catch (...) {
      self.running_.reset();
      return self.take_now();
    }
  }
  // Nobody cancels it but the end of the loop.
  if (op.result == -ECANCELED) {
    self.detached_ ? self.lose(ECANCELED) : self.take_now();
    return self.close_descriptors();
  }
  try {
    self.end(self.take_status(op));
  } catch (std::system_error const& e) {
    self.lose(e.code().value());
  }
}

int watched_child::take_status(io_operation const& op) {
  if (status_fd_ < 0) return request_.finish(op);
  if (op.result < 0) detail::throw_io_error(-op.result, "wait for process " + std::to_string(pid_) + " (" + name_ + ')');
  return op.result == sizeof told_ ? told_ : -SIGKILL;  // the zygote has died, and its children with it
}

/// Kills it and waits for that, which is short. For the ways on which the loop cannot wait.
void watched_child::take_now() noexcept {
  kill();
  if (status_fd_ >= 0) {
    ssize_t got;
    while ((got = read(status_fd_, &told_, sizeof told_)) < 0 && errno == EINTR) {
    }
    return end(got == sizeof told_ ? told_ : -SIGKILL);
  }
  siginfo_t info{};
  while (waitid(by_pidfd, static_cast<id_t>(pidfd_), &info, WEXITED) != 0)
    if (errno != EINTR) return lose(errno);
  end(info.si_code == CLD_EXITED ? info.si_status : -info.si_status);
}

void watched_child::end(int status) noexcept {
  ended_ = true;
  status_ = status;
  if (!group_) close_descriptors();
  waiters_.notify_all();
}

void watched_child::lose(int error) noexcept {
  ended_ = true;
  lost_ = error;
  if (!group_) close_descriptors();
  waiters_.notify_all();
}

void watched_child::close_descriptors() noexcept {
  if (pidfd_ >= 0) close(std::exchange(pidfd_, -1));
  if (status_fd_ >= 0) close(std::exchange(status_fd_, -1));
}

int watched_child::checked_status() const {
  if (!status_)
    detail::throw_io_error(lost_, "wait for process " + std::to_string(pid_) + " (" + name_ + "), whose status was taken");
  return *status_;
}

int watched_child::send_now(int signal) const noexcept {
  if (pidfd_ < 0) return ESRCH;
  if (!group_) return pidfd_send_signal(pidfd_, signal, 0);
  if (kernel::allows(kernel::feature::pidfd_process_group)) {
    int const error = pidfd_send_signal(pidfd_, signal, to_process_group);
    if (error != EINVAL) return error;
  }
  // Before Linux 6.9: by number, while that cannot be another group's.
  if (ended_) return ESRCH;
  return ::kill(-pid_, signal) == 0 ? 0 : errno;
}

bool watched_child::send(int signal) {
  if (signal < 1 || signal > highest_signal)
    throw std::invalid_argument(std::to_string(signal) + " is no signal: their numbers are 1 to " + std::to_string(highest_signal));
  int const error = send_now(signal);
  if (error == 0) return true;
  if (error == ESRCH) return false;
  detail::throw_io_error(error, "send " + signal_name(signal) + " to process " + std::to_string(pid_) + " (" + name_ + ')');
}

void watched_child::kill() noexcept { send_now(SIGKILL); }

std::size_t watched_child::waiting() const {
  std::size_t n = 0;
  waiters_.find([&n](waiter&) { return ++n, false; });
  return n;
}

void watched_child::end_awaiter::describe(wait_description& d) const {
  d.what = "the end of process " + std::to_string(child_.pid());
}

bool watched_child::end_awaiter::cancel(std::string_view) {
  if (anyway_) return false;
  leave();
  task_->interrupt();
  return true;
}

void watched_child::end_awaiter::told(waiter& w) { static_cast<end_awaiter&>(w).task_->wake(); }

}  // namespace halka
