// SPDX-License-Identifier: MIT
#include "server.hpp"

#include "server_state.hpp"

#include <stdexcept>
#include <utility>

namespace halka {

server::server(std::shared_ptr<server_state> state) noexcept : state_(std::move(state)) {}

server::server(server&&) noexcept = default;

server& server::operator=(server&& other) noexcept {
  if (this == &other) return *this;
  end();
  state_ = std::move(other.state_);
  return *this;
}

server::~server() { end(); }

void server::end() noexcept {
  if (!state_) return;
  state_->close();
  state_->cancel_connections();
}

server_state& server::state() const {
  if (!state_) throw std::logic_error("use of a server that was moved from");
  return *state_;
}

done_already server::start_serving() {
  state().start();
  return {};
}

task<> server::serve_forever() {
  static_cast<void>(state());
  return server_state::serve_forever(state_);
}

done_already server::close() noexcept {
  if (state_) state_->close();
  return {};
}

task<> server::wait_closed() {
  static_cast<void>(state());
  return server_state::until_ended(state_);
}

done_already server::close_clients() {
  if (state_) state_->cancel_connections();
  return {};
}

done_already server::abort_clients() {
  if (state_) state_->abort_connections();
  return {};
}

bool server::is_serving() const noexcept { return state_ && state_->is_serving(); }

std::uint16_t server::port() const noexcept { return state_ ? state_->port() : std::uint16_t{0}; }

std::vector<socket_address> server::addresses() const { return state_ ? state_->addresses() : std::vector<socket_address>(); }

server_statistics server::statistics() const noexcept { return state_ ? state_->statistics() : server_statistics(); }

}  // namespace halka
