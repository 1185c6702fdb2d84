// SPDX-License-Identifier: MIT
#include "operation_awaiter.hpp"

#include "backend.hpp"

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace halka::detail {

namespace {

/// A signal came in between, or the kernel's own way to end what blocks in one of its threads: an open, say, completes then with
/// one of the codes that otherwise never leave the kernel (ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK).
bool was_interrupted(int result) noexcept {
  return result == -EINTR || result == -512 || result == -513 || result == -514 || result == -516;
}

}  // namespace

void operation_awaiter::begin() { backend::of(*current.loop).submit(*this); }

bool operation_awaiter::begin_again() noexcept {
  try {
    begin();
  } catch (...) {
    return false;
  }
  return true;
}

bool operation_awaiter::cancel(std::string_view) {
  if (!in_flight || refuses_cancellation_) return false;
  backend::of(task_->loop()).cancel(*this);
  return true;
}

void operation_awaiter::completed(io_operation& op) {
  auto& self = static_cast<operation_awaiter&>(op);
  if (!self.cancel_requested) {
    if (was_interrupted(self.result) && self.begin_again()) [[unlikely]]
      return;
    return self.task_->wake();
  }
  if (self.result == -ECANCELED || was_interrupted(self.result) || self.cancellation_wins_) {
    self.given_up_ = true;
    return self.task_->interrupt();
  }
  self.task_->set_must_cancel();
  self.task_->wake();
}

void throw_io_error(int error, std::string const& what) { throw std::system_error(std::abs(error), std::system_category(), what); }

}  // namespace halka::detail
