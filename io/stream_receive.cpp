// SPDX-License-Identifier: MIT
#include "stream_receive.hpp"

#include "io_backend.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace halka {

namespace {

/// What is received at a time where no buffer is lent: from pipes and the like, and from a socket when all are lent at the moment.
/// A connection that then has to wait holds little.
constexpr std::size_t piece = 8192;
constexpr std::size_t small_piece = 1024;
/// At most so much is received into one string.
constexpr std::size_t largest_piece = std::size_t{1} << 18;

/// The kernel tells that a connection was lost once: whoever asks next, and it may be a send, hears of it, and then a receive is
/// told an end of input that there was not. After EPIPE there was one.
bool means_connection_lost(int error) noexcept {
  switch (error) {
    case ECONNRESET:
    case ECONNABORTED:
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
      return true;
    default:
      return false;
  }
}

}  // namespace

stream_receiver::~stream_receiver() {
  if (state_->receiver == this) state_->receiver = nullptr;
}

/// The answer need not be waited for.
bool stream_receiver::is_known() const noexcept {
  stream_state const& s = *state_;
  return wanted_ == 0 || s.ended || s.receive_error != 0 || (target_ != target::input && !s.input.empty());
}

bool stream_receiver::await_ready() {
  state_->check_may_read();
  return is_known() && detail::within_budget();
}

void stream_receiver::begin() {
  stream_state& s = *state_;
  s.receiver = this;
  if (is_known()) return;
  fd = s.kernel_fd();
  code = s.is_socket() ? opcode::recv : opcode::read;
  offset = current_position;
  keeper = s.keeper();
  short_is_all = s.is_tcp();
  bool const lending = s.is_socket() && target_ != target::memory && s.backend().lends_buffers();
  bool const bulk = target_ == target::text && s.in_bulk && wanted_ >= s.backend().lent_size();
  try {
    if (target_ == target::memory) {
      address = into_.data();  // lifetime: the caller's, until the await ends
      length = detail::transfer_length(wanted_);
    } else if (bulk) {
      text_.resize(std::min(wanted_, largest_piece));
      address = text_.data();  // lifetime: this object lies in the frame that waits
      length = detail::transfer_length(text_.size());
    } else if (lending) {
      lend_buffer = true;
      length = detail::transfer_length(std::min(wanted_, s.backend().lent_size()));
    } else {
      use_own_memory();
    }
    s.backend().submit(*this);
  } catch (...) {
    s.receiver = nullptr;
    throw;
  }
}

/// Receives behind what the stream's buffer holds.
void stream_receiver::use_own_memory() {
  lend_buffer = false;
  std::size_t const room = std::min(wanted_, state_->is_socket() ? small_piece : piece);
  address = state_->input.reserve(room);  // lifetime: nobody else touches the buffer while there is a receiver
  length = detail::transfer_length(room);
}

bool stream_receiver::cancel(std::string_view) {
  if (!in_flight) return false;
  cancelled_ = true;
  state_->backend().cancel(*this);
  return true;
}

void stream_receiver::deliver(std::size_t n) {
  stream_state& s = *state_;
  s.bytes_received += n;
  s.in_bulk = n == length || n >= s.backend().lent_size() / 2;
  received_ = n;
  std::string_view const bytes(static_cast<char const*>(address), n);
  if (lend_buffer) {
    if (target_ == target::text)
      text_ = std::string(bytes);
    else
      s.input.append(bytes);
  } else if (target_ == target::input || (target_ == target::text && text_.empty())) {
    s.input.commit(n);
  } else if (target_ == target::text) {
    text_.resize(n);
  }
}

void stream_receiver::take_result() {
  stream_state& s = *state_;
  if (result > 0) {
    try {
      deliver(static_cast<std::size_t>(result));
    } catch (...) {
      s.receive_error = ENOMEM;  // the bytes are lost, and nothing that follows them may be read
    }
    if (lend_buffer) s.backend().give_back(*this);
    return;
  }
  text_.clear();
  s.input.trim();
  if (result == 0 && means_connection_lost(s.send_error))
    s.receive_error = s.send_error;
  else if (result == 0)
    s.ended = true;
  else if (result != -ECANCELED && result != -EINTR && result != -EAGAIN)
    s.receive_error = -result;
}

void stream_receiver::completed(io_operation& op) {
  auto& self = static_cast<stream_receiver&>(op);
  stream_state& s = *self.state_;
  bool const again = self.result == -ENOBUFS || self.result == -EINTR || self.result == -EAGAIN;
  if (again && !self.cancelled_ && s.is_open()) {
    try {
      if (self.lend_buffer) self.use_own_memory();  // none to lend at the moment
      return s.backend().submit(self);
    } catch (std::system_error const& e) {
      s.receive_error = e.code().value();
    } catch (...) {
      s.receive_error = ENOMEM;
    }
    self.result = -ECANCELED;
  }
  self.take_result();
  if (self.cancelled_)
    self.task_->interrupt();
  else
    self.task_->wake();
}

/// The task was cancelled after its bytes had come: the next read gets them.
void stream_receiver::keep_bytes() {
  if (target_ == target::memory && received_ > 0)
    state_->input.put_back({into_.data(), received_});
  else
    state_->input.put_back(text_);
}

void stream_receiver::finish() {
  stream_state& s = *state_;
  if (s.receiver == this) s.receiver = nullptr;
  if (task_) {
    try {
      task_->check_cancelled();
    } catch (...) {
      keep_bytes();
      throw;
    }
  }
  bool const has_bytes = received_ > 0 || (target_ != target::input && !s.input.empty());
  if (has_bytes || wanted_ == 0) return;
  if (!s.is_open()) s.fail("read from", EBADF);
  if (s.receive_error != 0) s.fail("read from", s.receive_error);
}

}  // namespace halka
