// SPDX-License-Identifier: MIT
#include "worker_errors.hpp"

#include "../../io/io_backend.hpp"
#include "../../sched/event_loop.hpp"

#include <poll.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <utility>

namespace halka::detail {

namespace {

constexpr std::size_t most_lines = 20;
constexpr std::size_t most_kept = 4096;
constexpr int patience = 1000;  // milliseconds

/// To this program's standard error; what does not get there is lost.
void pass_on(char const* text, std::size_t count) noexcept {
  while (count > 0) {
    ssize_t const n = ::write(STDERR_FILENO, text, count);
    if (n < 0 && errno == EAGAIN) {
      pollfd wanted{STDERR_FILENO, POLLOUT, 0};
      if (poll(&wanted, 1, patience) > 0) continue;
    }
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    text += n;
    count -= static_cast<std::size_t>(n);
  }
}

}  // namespace

worker_errors::worker_errors(event_loop& loop, inner_fd pipe) : io_operation(completed), loop_(loop), pipe_(std::move(pipe)) {
  code = opcode::poll;
  fd = pipe_.get();
  flags = POLLIN;
}

worker_errors::~worker_errors() = default;

void worker_errors::begin() {
  io_backend::of(loop_).submit(*this);  // lifetime: `listening_` keeps the operation
  listening_ = shared_from_this();
}

void worker_errors::completed(io_operation& op) {
  auto& self = static_cast<worker_errors&>(op);
  std::shared_ptr<worker_errors> const alive = std::move(self.listening_);
  self.drain();
  if (self.closed_ || self.loop_.is_closed() || (self.result > 0 && !(self.result & POLLIN)) || self.result == -ECANCELED) return;
  try {
    self.begin();
  } catch (...) {
    // Nobody reads it any more until the worker's end; the worker may have to wait when the pipe is full.
  }
}

void worker_errors::drain() noexcept {
  char text[4096];
  while (pipe_) {
    ssize_t const n = ::read(pipe_.get(), text, sizeof text);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    pass_on(text, static_cast<std::size_t>(n));
    keep(text, static_cast<std::size_t>(n));
  }
}

void worker_errors::keep(char const* text, std::size_t count) {
  kept_.append(text, count);
  if (kept_.size() > 2 * most_kept) kept_.erase(0, kept_.size() - most_kept);
}

std::string worker_errors::last_lines() const {
  std::size_t end = kept_.size();
  while (end > 0 && kept_[end - 1] == '\n') --end;
  std::size_t begin = end;
  for (std::size_t lines = 0; begin > 0; --begin)
    if (kept_[begin - 1] == '\n' && ++lines == most_lines) break;
  return kept_.substr(begin, end - begin);
}

void worker_errors::close() noexcept {
  if (std::exchange(closed_, true)) return;
  if (listening_ && !loop_.is_closed()) {
    io_backend::of(loop_).cancel(*this);
    return;
  }
  if (!listening_) pipe_.close();
}

}  // namespace halka::detail
