// SPDX-License-Identifier: MIT
#include "stream_send.hpp"

#include "io_backend.hpp"

#include <sys/socket.h>
#include <sys/uio.h>
#include <algorithm>
#include <cerrno>
#include <system_error>

namespace halka {

namespace {

// const_buffer and iovec have the same layout, so a list of buffers is handed to the kernel as it is.
static_assert(sizeof(const_buffer) == sizeof(iovec));
static_assert(offsetof(iovec, iov_base) == 0 && offsetof(iovec, iov_len) == sizeof(void*));

constexpr std::size_t most_at_a_time = 1024;  // IOV_MAX

}  // namespace

stream_sender::stream_sender(stream_state& s) noexcept : waiter(has_turn), io_operation(completed), state_(&s) {}

stream_sender::~stream_sender() {
  if (has_turn_) state_->pass_on();  // the frame was destroyed where it was
}

bool stream_sender::await_ready() {
  if (int const obstacle = state_->send_obstacle()) state_->fail("write to", obstacle);
  advance(0);
  return unsent_.empty() && !state_->sending() && detail::within_budget();
}

void stream_sender::begin() {
  stream_state& s = *state_;
  if (s.sending()) {
    s.wait_for_turn(*this);
    return task_->wait_on(*this);
  }
  if (unsent_.empty()) return task_->yield_to(detail::current.loop->ready());
  never_begun_ = task_->cancel_due();
  if (never_begun_) return task_->wait_on(*this);
  try {
    send_more();
  } catch (...) {
    task_->go_on();
    throw;
  }
  s.claim(this);
  has_turn_ = true;
  task_->wait_on(*this);
}

/// The one before has passed the turn on.
void stream_sender::has_turn(waiter& w) {
  auto& self = static_cast<stream_sender&>(w);
  self.error_ = self.state_->send_failure();
  if (self.error_ == 0 && !self.unsent_.empty()) {
    try {
      self.send_more();
      self.state_->claim(&self);
      self.has_turn_ = true;
      return;
    } catch (std::system_error const& e) {
      self.error_ = e.code().value();
    } catch (...) {
      self.error_ = ENOMEM;
    }
  }
  self.task_->wake();
}

void stream_sender::send_more() {
  stream_state& s = *state_;
  fd = s.kernel_fd();
  keeper = s.keeper();
  if (!s.is_socket() || unsent_.size() == 1) {
    code = s.is_socket() ? opcode::send : opcode::write;
    address = unsent_.front().data();  // lifetime: the caller's, until the await ends
    length = detail::transfer_length(unsent_.front().size());
    offset = current_position;
  } else {
    if (!message_) message_ = std::make_unique<msghdr>();
    message_->msg_iov = reinterpret_cast<iovec*>(unsent_.data());
    message_->msg_iovlen = std::min(unsent_.size(), most_at_a_time);
    code = opcode::send_msg;
    address = message_.get();  // lifetime: as the frame that waits
    length = 0;
  }
  flags = s.send_flags();
  s.backend().submit(*this);
}

void stream_sender::advance(std::size_t n) noexcept {
  while (!unsent_.empty() && n >= unsent_.front().size()) {
    n -= unsent_.front().size();
    unsent_ = unsent_.subspan(1);
  }
  if (n > 0) unsent_.front() = unsent_.front().after(n);
}

bool stream_sender::cancel(std::string_view) {
  if (linked() || never_begun_) {
    leave();
    interrupt();
    return true;
  }
  if (!in_flight) return false;
  cancelled_ = true;
  state_->backend().cancel(*this);
  return true;
}

void stream_sender::completed(io_operation& op) {
  auto& self = static_cast<stream_sender&>(op);
  stream_state& s = *self.state_;
  bool const again = self.result == -EINTR || self.result == -EAGAIN;
  if (self.result > 0) {
    self.began_sending_ = true;
    s.bytes_sent += static_cast<std::uint64_t>(self.result);
    self.advance(static_cast<std::size_t>(self.result));
  } else if (self.result < 0 && !again && self.result != -ECANCELED) {
    self.error_ = s.send_error = -self.result;
  }
  if (self.unsent_.empty()) return self.end(false);
  if (self.error_ == 0 && !s.is_open()) self.error_ = EBADF;
  if (self.error_ != 0) return self.end(self.cancelled_);
  if (self.cancelled_) {
    if (!self.began_sending_) return self.end(true);
    self.has_turn_ = false;
    s.keep_rest(self.unsent_);
    return self.interrupt();
  }
  try {
    return self.send_more();
  } catch (std::system_error const& e) {
    self.error_ = e.code().value();
  } catch (...) {
    self.error_ = ENOMEM;
  }
  if (self.began_sending_) s.send_error = self.error_;  // the other end has seen a part only
  self.end(false);
}

void stream_sender::end(bool interrupted) noexcept {
  has_turn_ = false;
  state_->pass_on();
  if (interrupted) return interrupt();
  if (cancelled_) task_->set_must_cancel();
  task_->wake();
}

void stream_sender::interrupt() noexcept {
  interrupted_ = true;
  task_->interrupt();
}

void stream_sender::await_resume() {
  if (!task_) return;
  // Bytes that were sent are never taken back: a cancellation that comes after all of them is delivered at the next suspension.
  if (interrupted_ || !began_sending_) task_->check_cancelled();
  if (error_ != 0) state_->fail("write to", error_);
}

}  // namespace halka
