// SPDX-License-Identifier: MIT
#include "operation_awaiter.hpp"

#include "io_backend.hpp"

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace halka::detail {

void operation_awaiter::begin() { io_backend::of(*current.loop).submit(*this); }

bool operation_awaiter::begin_again() noexcept {
  try {
    begin();
  } catch (...) {
    return false;
  }
  return true;
}

bool operation_awaiter::cancel(std::string_view) {
  if (never_begun_) {
    given_up_ = true;
    task_->interrupt();
    return true;
  }
  if (!in_flight || refuses_cancellation_) return false;
  io_backend::of(task_->loop()).cancel(*this);
  return true;
}

void operation_awaiter::describe(wait_description& d) const { d.what = to_string(*this); }

void operation_awaiter::completed(io_operation& op) {
  auto& self = static_cast<operation_awaiter&>(op);
  if (!self.cancel_requested) {
    // An interrupted close has closed: again, it would be somebody else's descriptor.
    if (self.result == -EINTR && self.code != opcode::close && self.begin_again()) [[unlikely]]
      return;
    return self.task_->wake();
  }
  if (self.result == -ECANCELED || self.result == -EINTR || self.cancellation_wins_) {
    self.given_up_ = true;
    return self.task_->interrupt();
  }
  self.task_->set_must_cancel();
  self.task_->wake();
}

void throw_io_error(int error, std::string const& what) { throw std::system_error(std::abs(error), std::system_category(), what); }

}  // namespace halka::detail
