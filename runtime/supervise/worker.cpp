// SPDX-License-Identifier: MIT
#include "worker.hpp"

#include "../../io/operation_awaiter.hpp"
#include "../../io/socket_address.hpp"
#include "worker_state.hpp"

#include <fcntl.h>
#include <cerrno>
#include <stdexcept>
#include <string>

namespace halka {

namespace {

/// Counts a connection when its handler has ended, however.
struct counted_request {
  worker& of;
  ~counted_request() { of.request_done(); }
};

task<> serve_and_count(worker& w, connection_handler const& handler, stream peer) {
  counted_request const counted{w};
  co_await handler(std::move(peer));
}

}  // namespace

worker::worker(std::shared_ptr<state> s) noexcept : state_(std::move(s)) {}
worker::~worker() = default;

unsigned worker::index() const noexcept { return state_->index; }

std::uint16_t worker::port() const {
  return state_->sockets.empty() ? std::uint16_t{0} : socket_address::local_of(state_->sockets.front().get()).port();
}

std::vector<unique_fd> worker::sockets() const {
  std::vector<unique_fd> copies;
  for (unique_fd const& fd : state_->sockets) {
    copies.emplace_back(fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
    if (!copies.back()) detail::throw_io_error(errno, "copy a listening socket");
  }
  return copies;
}

task<> worker::serve_connections_on(connection_handler handler, server_options options) {
  if (state_->sockets.empty() && !is_stopping())
    throw std::logic_error(
        "this worker has no sockets to serve on: give supervise a port, as in {.host = \"127.0.0.1\", .port = 80}");
  // The server keeps it for the connections, which may outlive this call when it is cancelled.
  auto const kept = std::make_shared<connection_handler>(std::move(handler));
  auto const counting = [this, kept](stream&& peer) { return serve_and_count(*this, *kept, std::move(peer)); };
  state_->heeds_stop = true;
  if (is_stopping()) co_return;
  server serving = co_await start_server(counting, sockets(), options);
  ready();
  co_await state_->stopping.wait();
  serving.close();
  co_await serving.wait_closed();
}

void worker::ready() {
  if (state_->ready) return;
  state_->ready = true;
  state_->note("ready");
}

void worker::request_done() {
  if (++state_->requests == state_->last_request) stop();
}

std::uint64_t worker::requests() const noexcept { return state_->requests; }

void worker::stop() { state_->stop(); }

bool worker::is_stopping() const noexcept { return state_->stopping.is_set(); }

task<> worker::wait_stopping() {
  state_->heeds_stop = true;
  co_await state_->stopping.wait();
}

}  // namespace halka
