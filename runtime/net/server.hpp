// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/socket_address.hpp"
#include "../../io/stream.hpp"
#include "../../sched/export.hpp"
#include "../../sched/task.hpp"
#include "done_already.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace halka {

class server_state;

/// What a server does with a connection.
using connection_handler = std::function<task<>(stream&&)>;

struct server_statistics {
  std::uint64_t accepted = 0;
  std::uint64_t failed = 0;     // handlers that ended with an error
  std::uint64_t pauses = 0;     // times that accepting had to wait, mostly for descriptors
  std::size_t connections = 0;  // now
};

/// A server that listens at some addresses and runs a handler, in a task of its own, for each connection.
///
/// The task of a connection is named after the client's address. A handler that fails is reported to the loop's exception handler,
/// and its connection closed; one that is cancelled ends silently. Others go on in either case.
///
/// When the system has no room for another connection (no more descriptors, no memory), that is reported once, and accepting goes
/// on when a connection of this server has ended, or in a tenth of a second; clients wait meanwhile.
///
/// The destructor closes the server and cancels the handlers that still run.
///
/// *Thread safety*: the loop's thread only.
/// *Source*: asyncio.Server.
class HALKA_API server {
 public:
  /// None.
  server() noexcept = default;
  explicit server(std::shared_ptr<server_state> state) noexcept;
  server(server&&) noexcept;
  server& operator=(server&& other) noexcept;
  ~server();

  /// Begins to accept, if that was left out at first. Harmless when called again.
  ///
  /// *Errors*: `std::logic_error` if the server is closed; `std::system_error` of listening.
  done_already start_serving();

  /// Serves until the server is closed and its last connection has ended.
  ///
  /// *Errors*: `std::logic_error` if the server is closed ("server 127.0.0.1:80 is closed"), or served in this way already.
  /// *Cancellation*: closes the server, cancels the handlers, waits for them, and then throws.
  task<> serve_forever();

  /// Stops listening at once; the port is free when this returns. Connections go on. Harmless when called again.
  done_already close() noexcept;
  /// Waits until the server is closed and its last connection has ended.
  task<> wait_closed();
  /// Cancels the handlers that run.
  done_already close_clients();
  /// The same, and the clients get a reset instead of an end of input.
  done_already abort_clients();

  bool is_serving() const noexcept;
  /// The port, the same for all addresses; 0 for a unix server.
  std::uint16_t port() const noexcept;
  /// Where it listens; nothing when it is closed.
  std::vector<socket_address> addresses() const;
  server_statistics statistics() const noexcept;

 private:
  server_state& state() const;
  void end() noexcept;

  std::shared_ptr<server_state> state_;
};

}  // namespace halka
