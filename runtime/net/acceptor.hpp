// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/backend.hpp"
#include "../../io/io_operation.hpp"
#include "../../io/socket_address.hpp"
#include "../../io/unique_fd.hpp"

#include <memory>
#include <source_location>

namespace halka {

class server_state;

/// One listening socket and the accept that is always in flight on it.
///
///   idle --start--> accepting --a connection, or a failure that concerns one only--> accepting
///                      |  ^
///                      |  +--resume--+
///                      +--no room--> paused
///   any --stop--> stopped: what was accepted at the last moment is closed
///
/// The operation is no task: an accept that waits costs nothing but its place here, and ends with the loop. While it is in flight
/// it holds the server's state, in which it lies.
class acceptor : private io_operation {
 public:
  acceptor(server_state& server, halka::backend& backend, unique_fd fd, std::source_location opened_at);

  /// Listens, and accepts. *Errors*: `std::system_error`.
  void start(int backlog);
  /// Accepts again after a pause.
  void resume() noexcept;
  void stop() noexcept;

  int fd() const noexcept { return fd_.get(); }
  socket_address const& address() const noexcept { return address_; }

 private:
  enum class phase : unsigned char { idle, accepting, paused, stopped };

  void accept();
  void take_result() noexcept;
  void take_failure(int error) noexcept;
  static void completed(io_operation& op);

  server_state& server_;
  halka::backend& backend_;
  unique_fd fd_;
  socket_address address_;
  std::source_location opened_at_;
  std::shared_ptr<server_state> held_;
  phase phase_ = phase::idle;
  unsigned peer_length_ = 0;
  alignas(8) char peer_[128];  // lifetime: the kernel writes both while the operation is in flight
};

}  // namespace halka
