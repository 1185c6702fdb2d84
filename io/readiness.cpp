// SPDX-License-Identifier: MIT
#include "readiness.hpp"

#include "backend.hpp"

#include <poll.h>
#include <cerrno>
#include <system_error>

namespace halka {

readiness_operation readable(int fd) noexcept { return readiness_operation(fd, POLLIN | POLLPRI | POLLRDHUP); }

readiness_operation writable(int fd) noexcept { return readiness_operation(fd, POLLOUT); }

namespace detail {

readiness_awaiter::readiness_awaiter(int descriptor, unsigned wanted) noexcept : io_operation(completed) {
  fd = descriptor;
  events = wanted;
}

void readiness_awaiter::begin() { backend::of(*detail::current.loop).submit(*this); }

bool readiness_awaiter::cancel(std::string_view reason) {
  if (!in_flight) return false;
  reason_ = reason;
  backend::of(task_->loop()).cancel(*this);
  return true;
}

void readiness_awaiter::completed(io_operation& op) {
  auto& self = static_cast<readiness_awaiter&>(op);
  if (!self.cancel_requested) return self.task_->wake();
  if (self.result == -ECANCELED) return self.task_->interrupt(self.reason_);
  // Ready all the same. Readiness is not used up by being told, so the cancellation may win.
  self.task_->set_must_cancel(self.reason_);
  self.task_->wake();
}

void readiness_awaiter::await_resume() {
  task_->check_cancelled();
  if (result < 0)
    throw std::system_error(
        -result, std::system_category(),
        std::string(events & POLLOUT ? "wait until writable: fd " : "wait until readable: fd ") + std::to_string(fd));
  if (result & POLLNVAL) throw std::system_error(EBADF, std::system_category(), "wait for fd " + std::to_string(fd));
}

}  // namespace detail

}  // namespace halka
