// SPDX-License-Identifier: MIT
#include "acceptor.hpp"

#include "../../io/inherited_keeper.hpp"
#include "../../io/readiness.hpp"
#include "../../io/socket.hpp"
#include "server_state.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <algorithm>
#include <cerrno>
#include <exception>
#include <system_error>
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

acceptor::acceptor(server_state& server, io_backend& backend, unique_fd fd, ownership owned, std::source_location opened_at)
    : server_(server),
      backend_(backend),
      fd_(std::move(fd)),
      owned_(owned),
      address_(socket_address::local_of(fd_.get())),
      opened_at_(opened_at) {
  for (accept_operation& op : operations_) op.owner = this;
}

void acceptor::start(int backlog) {
  if (phase_ != phase::idle) return;
  io::listen(fd_.get(), backlog);
  if (owned_ == ownership::shared) fcntl(fd_.get(), F_SETFL, fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
  begin(operations_.front());
  phase_ = phase::accepting;
}

void acceptor::begin(accept_operation& op) {
  if (owned_ == ownership::shared) {
    readiness_request{fd_.get(), POLLIN}.prepare(op);
  } else {
    op.code = opcode::accept;
    op.fd = fd_.get();
    op.address = op.peer;
    op.second = &op.peer_length;
    op.peer_length = sizeof op.peer;
    op.flags = SOCK_CLOEXEC;
    op.keeper = keeper_;
  }
  backend_.submit(op);
  op.held = server_.shared_from_this();
}

void acceptor::begin_one_more() noexcept {
  if (phase_ != phase::accepting) return;
  auto const idle = std::ranges::find(operations_, false, &io_operation::in_flight);
  if (idle == operations_.end()) return;
  try {
    begin(*idle);
  } catch (std::system_error const& e) {
    if (e.code().value() != ECANCELED) pause(std::current_exception());  // else the loop is ending
  } catch (...) {
    pause(std::current_exception());
  }
}

void acceptor::resume() noexcept {
  if (phase_ != phase::paused) return;
  phase_ = phase::accepting;
  begin_one_more();
}

void acceptor::pause(std::exception_ptr const& reason) noexcept {
  if (phase_ != phase::accepting) return;
  phase_ = phase::paused;
  server_.pause_after(reason);
}

void acceptor::stop() noexcept {
  if (phase_ == phase::stopped) return;
  phase_ = phase::stopped;
  bool flight = false;
  for (accept_operation& op : operations_) {
    if (!op.in_flight) continue;
    backend_.cancel(op);
    flight = true;
  }
  if (flight)
    backend_.before_close(fd_.get());
  else
    io_backend::forget_of(&backend_, fd_.get());
  // In the child of a fork it is the parent's.
  if (owned_ == ownership::alone && !detail::is_inherited(keeper_))
    io::shut_down(fd_.get());  // the kernel may keep the socket for a moment; its port is free now
  fd_.close();
}

void acceptor::completed(io_operation& op) {
  auto& self = static_cast<accept_operation&>(op);
  std::shared_ptr<server_state> const held = std::move(self.held);  // the last one, perhaps
  self.owner->take_result(self);
}

void acceptor::take_result(accept_operation& op) noexcept {
  if (owned_ == ownership::shared) {
    if (phase_ == phase::stopped || server_.loop_has_ended()) return;
    return op.result < 0 ? take_failure(-op.result) : accept_some();
  }
  unique_fd accepted(op.result, opened_at_);
  if (phase_ == phase::stopped || server_.loop_has_ended()) return;
  if (op.result < 0) return take_failure(-op.result);
  server_.connected(std::move(accepted), socket_address(reinterpret_cast<sockaddr const*>(op.peer), op.peer_length));
  begin_one_more();  // this one again
  begin_one_more();
}

/// A few at a time: others want their share.
void acceptor::accept_some() noexcept {
  constexpr int at_a_time = 4;
  for (int i = 0; i < at_a_time && phase_ == phase::accepting; ++i) {
    sockaddr_storage peer;
    socklen_t length = sizeof peer;
    unique_fd accepted(accept4(fd_.get(), reinterpret_cast<sockaddr*>(&peer), &length, SOCK_CLOEXEC), opened_at_);
    if (!accepted) return take_failure(errno);
    server_.connected(std::move(accepted), socket_address(reinterpret_cast<sockaddr const*>(&peer), length));
  }
  begin_one_more();
}

void acceptor::take_failure(int error) noexcept {
  if (concerns_one_connection(error)) return begin_one_more();
  pause(std::make_exception_ptr(std::system_error(error, std::system_category(), "accept on " + address_.to_string())));
}

}  // namespace halka
