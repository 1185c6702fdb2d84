// SPDX-License-Identifier: MIT
#include "served_connection.hpp"

#include "../../sched/errors.hpp"
#include "server_state.hpp"

#include <exception>
#include <utility>

namespace halka {

served_connection::served_connection(std::shared_ptr<server_state> server, stream const& peer)
    : connection(peer.shared_state()), server_(std::move(server)) {
  name_ = peer.peer_address().is_ip() ? peer.peer_address().to_string() : server_->next_client_name();
  server_->add(*this);
}

served_connection::~served_connection() { server_->remove(*this); }

task<> serve_connection(std::unique_ptr<served_connection> self, stream peer) {
  std::exception_ptr failure;
  try {
    task<> handling = self->server().handle(std::move(peer));
    detail::current.task->set_coroutine(handling.name());  // the name that says something
    co_await std::move(handling);
  } catch (cancelled_error const&) {
    throw;
  } catch (keyboard_interrupt const&) {
    throw;
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) self->server().report_failure(*self, failure);
}

}  // namespace halka
