// SPDX-License-Identifier: MIT
#include "supervisor.hpp"

#include "../../io/socket.hpp"
#include "../net/start_server.hpp"
#include "supervisor_state.hpp"

#include <unistd.h>
#include <csignal>
#include <source_location>
#include <stdexcept>

namespace halka {

void log_to_standard_error(std::string_view text) {
  std::string const line = "supervisor " + std::to_string(getpid()) + ": " + std::string(text) + '\n';
  static_cast<void>(!write(STDERR_FILENO, line.data(), line.size()));
}

supervisor::supervisor(std::shared_ptr<state> s) noexcept : state_(std::move(s)) {}

supervisor::supervisor(supervisor&&) noexcept = default;

supervisor& supervisor::operator=(supervisor&& other) noexcept {
  if (this == &other) return *this;
  if (state_) state_->abandon();
  state_ = std::move(other.state_);
  return *this;
}

supervisor::~supervisor() {
  if (state_) state_->abandon();
}

std::uint16_t supervisor::port() const noexcept { return state_->port(); }
std::vector<supervisor::worker_status> supervisor::workers() const { return state_->workers(); }
void supervisor::stop() { state_->stop(SIGTERM); }
void supervisor::stop_quickly() { state_->stop(SIGINT); }
void supervisor::reload() { state_->reload(); }
void supervisor::add_worker() { state_->add_worker(); }
void supervisor::remove_worker() { state_->remove_worker(); }
task<int> supervisor::wait() { return state::wait(state_); }

namespace detail {

task<supervisor> start_supervisor_with(supervise_options options, std::string host, kept_worker_call call) {
  if (options.port > 65535) throw std::invalid_argument(std::to_string(options.port) + " is no port: they go up to 65535");
  std::vector<unique_fd> sockets;
  if (options.port >= 0) {
    std::vector<std::string> hosts(1, host);
    sockets = co_await bind_server_sockets(std::move(hosts), static_cast<std::uint16_t>(options.port), {.backlog = options.backlog},
                                           std::source_location::current());
  }
  for (unique_fd const& fd : sockets) io::listen(fd.get(), options.backlog);
  options.host = {};
  auto const s = std::make_shared<supervisor::state>(options, std::move(call), std::move(sockets));
  s->begin();
  co_return supervisor(s);
}

}  // namespace detail

}  // namespace halka
