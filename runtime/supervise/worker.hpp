// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/unique_fd.hpp"
#include "../../sched/export.hpp"
#include "../../sched/task.hpp"
#include "../net/server_options.hpp"
#include "../net/start_server.hpp"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace halka {

/// What a worker process of `supervise` knows of itself: its function gets one.
///
/// *Thread safety*: the loop's thread only.
class HALKA_API worker {
 public:
  struct state;
  explicit worker(std::shared_ptr<state> s) noexcept;
  ~worker();
  worker(worker const&) = delete;
  worker& operator=(worker const&) = delete;

  /// The number of its place, from 0. The one that replaces it has the same.
  unsigned index() const noexcept;
  /// Where all workers listen; 0 if they do not, or this one is stopping.
  std::uint16_t port() const;
  /// The listening sockets, as copies; none when the worker is stopping.
  std::vector<unique_fd> sockets() const;

  /// Serves connections on the listening sockets until the worker shall stop, and then those that are there to their end. Each
  /// counts as a request.
  ///
  /// *Errors*: `std::logic_error` if there are no sockets; else as `start_server`.
  /// *Cancellation*: cancels the handlers.
  template <serves_connections F>
  task<> serve(F&& handler, server_options const& options = {}) {
    detail::check_callable<F>();
    return serve_connections_on(detail::make_connection_handler(std::forward<F>(handler)), options);
  }

  /// Tells the supervisor that this worker has begun its work. `serve` does it; without it, a second of life says so. One that
  /// fails before failed to boot.
  void ready();

  /// Counts a request, and stops the worker if it was the last that it shall serve. For those beyond the first of a connection, and
  /// for what is not served by `serve`.
  void request_done();
  std::uint64_t requests() const noexcept;

  /// Stops this worker as SIGTERM does; another one takes its place.
  void stop();
  bool is_stopping() const noexcept;
  /// Suspends until the worker shall stop: SIGTERM, or its last request. Who neither calls this nor `serve` is cancelled then.
  task<> wait_stopping();

 private:
  task<> serve_connections_on(connection_handler handler, server_options options);

  std::shared_ptr<state> state_;
};

}  // namespace halka
