// SPDX-License-Identifier: MIT
#include "stream_state.hpp"

#include "../sched/running.hpp"
#include "broken_pipe_signal.hpp"
#include "inherited_keeper.hpp"
#include "io_backend.hpp"
#include "operation_awaiter.hpp"
#include "socket.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <cerrno>
#include <stdexcept>
#include <utility>

namespace halka {

namespace {

/// Whether it is TCP.
bool apply(stream_options const& options, int fd, int family) {
  bool tcp = false;
  if (family == AF_INET || family == AF_INET6) {
    int set = 0;
    socklen_t size = sizeof set;
    // Accepted sockets have it from the one that listens. Other protocols than TCP do not know it.
    tcp = getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &set, &size) == 0;
    if (tcp && options.no_delay && !set) io::set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
  }
  if (options.keep_alive) io::set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE");
  if (options.send_buffer > 0) io::set_option(fd, SOL_SOCKET, SO_SNDBUF, options.send_buffer, "SO_SNDBUF");
  if (options.receive_buffer > 0) io::set_option(fd, SOL_SOCKET, SO_RCVBUF, options.receive_buffer, "SO_RCVBUF");
  return tcp;
}

}  // namespace

/// Sends bytes that it owns, and then gives the turn on.
class stream_state::rest_of_write final : private io_operation {
 public:
  rest_of_write(stream_state& s, std::string bytes) : io_operation(completed), state_(&s), bytes_(std::move(bytes)) {
    code = s.is_socket() ? opcode::send : opcode::write;
    flags = s.send_flags();
    offset = current_position;
    fd = s.kernel_fd();
    keeper = s.keeper();
  }
  void begin() {
    address = bytes_.data() + sent_;  // lifetime: this object lives until its completion
    length = detail::transfer_length(unsent());
    state_->backend().submit(*this);
  }
  std::size_t unsent() const noexcept { return bytes_.size() - sent_; }
  void give_up() noexcept { state_->backend().cancel(*this); }

 private:
  static void completed(io_operation& op) {
    auto& self = static_cast<rest_of_write&>(op);
    stream_ptr const state = self.state_;  // the last one, if the stream is gone
    if (self.result > 0) {
      self.sent_ += static_cast<std::size_t>(self.result);
      state->bytes_sent += static_cast<std::uint64_t>(self.result);
    }
    int error = self.result < 0 && self.result != -EINTR && self.result != -EAGAIN ? -self.result : 0;
    if (self.unsent() > 0 && error == 0) {
      try {
        return self.begin();
      } catch (std::system_error const& e) {
        error = e.code().value();
      }
    }
    if (error != 0) state->send_error = error;
    state->rest_.reset();  // this object
    state->pass_on();
  }

  stream_ptr state_;
  std::string bytes_;
  std::size_t sent_ = 0;
};

stream_state::stream_state(unique_fd fd, stream_options const& options, socket_address const& peer)
    : fd_(std::move(fd)),
      backend_(io_backend::of(get_running_loop())),
      peer_(peer),
      limit_(options.limit),
      keeper_(io_backend::new_keeper()) {
  struct stat status {};
  if (fstat(fd_.get(), &status) != 0) detail::throw_io_error(errno, "stream over fd " + std::to_string(fd_.get()));
  if (S_ISDIR(status.st_mode)) detail::throw_io_error(EISDIR, "stream over fd " + std::to_string(fd_.get()));
  socket_ = S_ISSOCK(status.st_mode);
  if (socket_) send_flags_ = MSG_NOSIGNAL | MSG_WAITALL;
  if (S_ISFIFO(status.st_mode)) send_flags_ = not_terminal;
  if (!socket_) {
    ignore_broken_pipe_signal();
    return;
  }
  if (!peer_.is_set()) peer_ = socket_address::peer_of(fd_.get());
  tcp_ = apply(options, fd_.get(), peer_.family());
}

stream_state::~stream_state() { close_descriptor(); }

stream_state::statistics_type stream_state::statistics() const noexcept {
  std::size_t waiting = 0;
  senders_.find([&waiting](waiter&) { return ++waiting, false; });
  return {bytes_received, bytes_sent, input.size(), rest_ ? rest_->unsent() : 0, waiting};
}

std::string stream_state::name() const {
  if (!label_.empty()) return label_;
  if (peer_.is_ip()) return peer_.to_string();
  if (closed_) return "a closed stream";
  if (socket_) {
    // Of a unix socket only the end that was bound has a name.
    for (socket_address const& end : {peer_, socket_address::local_of(fd_.get())})
      if (end.is_unix() && end.host() != "(unnamed)") return end.host();
  }
  return "fd " + std::to_string(fd_.get());
}

void stream_state::fail(char const* what, int error) const { detail::throw_io_error(error, std::string(what) + ' ' + name()); }

void stream_state::check_may_read() const {
  if (closed_) fail("read from", EBADF);
  if (receiver) throw std::logic_error("read from " + name() + ": another task is reading from it already");
}

// -- writing

int stream_state::send_failure() const noexcept { return closed_ ? EBADF : send_error; }

int stream_state::send_obstacle() const noexcept {
  int const failure = send_failure();
  return failure == 0 && end_wanted_ ? EPIPE : failure;
}

void stream_state::pass_on() noexcept {
  sending_ = false;
  sender_ = nullptr;
  // A sender that finds an obstacle does not take the turn.
  while (!sending_ && !senders_.empty()) senders_.notify_first();
  if (sending_) return;
  if (end_wanted_ && !output_ended_) shut_down_output();
  if (closed_) close_descriptor();
  end_waiters_.notify_all();
}

void stream_state::keep_rest(std::span<const_buffer const> unsent) noexcept {
  sender_ = nullptr;
  try {
    std::string bytes;
    for (const_buffer const part : unsent) bytes.append(part.text());
    rest_ = std::make_unique<rest_of_write>(*this, std::move(bytes));
    rest_->begin();
  } catch (std::system_error const& e) {
    send_error = e.code().value();
  } catch (...) {
    send_error = ENOMEM;
  }
  if (send_error == 0) return;
  rest_.reset();
  pass_on();
}

void stream_state::end_output() noexcept {
  if (closed_ || end_wanted_) return;
  end_wanted_ = true;
  if (!sending_) shut_down_output();
}

void stream_state::shut_down_output() noexcept {
  output_ended_ = true;
  // A peer that is gone already (ENOTCONN) has seen the end. A pipe ends with its descriptor.
  if (!socket_) return close();
  if (!detail::is_inherited(keeper_)) static_cast<void>(shutdown(fd_.get(), SHUT_WR));
}

// -- the end

void stream_state::close() noexcept {
  if (closed_) return;
  stream_ptr const guard(this);
  // Operations that were begun and are still queued here must reach the kernel before the number can mean something else. The rest
  // of a write is sent before.
  bool const receiving = receiver && receiver->in_flight;
  if (!rest_ && (receiving || sending_)) backend_.before_close(fd_.get());
  closed_ = true;
  if (receiving) backend_.cancel(*receiver);
  if (sender_ && sender_->in_flight) backend_.cancel(*sender_);
  if (sending_ && !sender_ && !rest_ && socket_ && !detail::is_inherited(keeper_))
    static_cast<void>(shutdown(fd_.get(), SHUT_RDWR));  // a file is being sent
  while (!senders_.empty()) senders_.notify_first();
  if (rest_) return;  // it closes when it has been sent
  close_descriptor();
  end_waiters_.notify_all();
}

void stream_state::close_descriptor() noexcept {
  if (fd_.is_open()) io_backend::forget_of(&backend_, fd_.get());
  fd_.close();
}

void stream_state::abort() noexcept {
  if (is_gone()) return;
  stream_ptr const guard(this);
  linger const reset{1, 0};
  if (socket_ && !detail::is_inherited(keeper_))
    static_cast<void>(setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset));
  close();
  if (!rest_) return;
  backend_.before_close(fd_.get());
  rest_->give_up();
  close_descriptor();
}

}  // namespace halka
