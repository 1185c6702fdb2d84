// SPDX-License-Identifier: MIT
#include "acceptor.hpp"

#include "../../io/socket.hpp"
#include "server_state.hpp"

#include <sys/socket.h>
#include <cerrno>
#include <exception>
#include <utility>

namespace halka {

namespace {

/// Failures of one connection that was given up before it was accepted; see accept(2).
bool concerns_one_connection(int error) noexcept {
  switch (error) {
    case ECONNABORTED:
    case EINTR:
    case EAGAIN:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ETIMEDOUT:
      return true;
    default:
      return false;
  }
}

}  // namespace

acceptor::acceptor(server_state& server, halka::backend& backend, unique_fd fd, std::source_location opened_at)
    : io_operation(completed),
      server_(server),
      backend_(backend),
      fd_(std::move(fd)),
      address_(socket_address::local_of(fd_.get())),
      opened_at_(opened_at) {}

void acceptor::start(int backlog) {
  if (phase_ != phase::idle) return;
  io::listen(fd_.get(), backlog);
  accept();
}

void acceptor::accept() {
  code = opcode::accept;
  io_operation::fd = fd_.get();
  io_operation::address = peer_;
  second = &peer_length_;
  peer_length_ = sizeof peer_;
  flags = SOCK_CLOEXEC;
  backend_.submit(*this);
  held_ = server_.shared_from_this();
  phase_ = phase::accepting;
}

void acceptor::resume() noexcept {
  if (phase_ != phase::paused) return;
  try {
    accept();
  } catch (...) {
    server_.pause_after(std::current_exception());
  }
}

void acceptor::stop() noexcept {
  if (phase_ == phase::stopped) return;
  phase_ = phase::stopped;
  if (in_flight) {
    backend_.cancel(*this);
    backend_.flush();  // both mean this descriptor
  }
  io::shut_down(fd_.get());  // the kernel may keep the socket for a moment; its port is free now
  fd_.close();
}

void acceptor::completed(io_operation& op) {
  auto& self = static_cast<acceptor&>(op);
  std::shared_ptr<server_state> const held = std::move(self.held_);  // the last one, perhaps
  self.take_result();
}

void acceptor::take_result() noexcept {
  unique_fd accepted(result, opened_at_);
  if (phase_ == phase::stopped || server_.loop_has_ended()) return;
  phase_ = phase::paused;
  if (result < 0) return take_failure(-result);
  server_.connected(std::move(accepted), socket_address(reinterpret_cast<sockaddr const*>(peer_), peer_length_));
  resume();
}

void acceptor::take_failure(int error) noexcept {
  if (concerns_one_connection(error)) return resume();
  server_.pause_after(
      std::make_exception_ptr(std::system_error(error, std::system_category(), "accept on " + address_.to_string())));
}

}  // namespace halka
