// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/socket_address.hpp"
#include "../../io/stream.hpp"
#include "../../sched/task.hpp"
#include "../../sched/task_state.hpp"

#include <memory>
#include <string>

namespace halka {

class server_state;

/// The record of a connection in the list of its server. It belongs to the coroutine that serves the connection, so it goes with
/// that, also when the coroutine never begins.
class served_connection {
 public:
  served_connection(std::shared_ptr<server_state> server, stream const& peer);
  ~served_connection();
  served_connection(served_connection const&) = delete;
  served_connection& operator=(served_connection const&) = delete;

  server_state& server() const noexcept { return *server_; }
  std::string const& name() const noexcept { return name_; }

  task_state* task = nullptr;  // lifetime: the task owns the coroutine that owns this
  stream_ptr connection;       // to abort it; the handler's `stream` closes it
  served_connection* next = nullptr;
  served_connection* previous = nullptr;

 private:
  std::shared_ptr<server_state> server_;
  std::string name_;
};

/// Calls the server's handler and reports what leaves it.
task<> serve_connection(std::unique_ptr<served_connection> self, stream peer);

}  // namespace halka
