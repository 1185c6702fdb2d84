// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/io_backend.hpp"
#include "../../io/io_operation.hpp"
#include "../../io/socket_address.hpp"
#include "../../io/unique_fd.hpp"

#include <array>
#include <cstdint>
#include <exception>
#include <memory>
#include <source_location>

namespace halka {

class server_state;

/// One listening socket and the accepts that are in flight on it.
///
///   idle --start--> accepting --a connection, or a failure that concerns one only--> accepting
///                      |  ^
///                      |  +--resume--+
///                      +--no room--> paused
///   any --stop--> stopped: what was accepted at the last moment is closed
///
/// An accept is no task: one that waits costs nothing but its place here, and ends with the loop. While it is in flight it holds
/// the server's state, in which it lies. There is one at first; each connection starts another, up to a few, so that a burst is not
/// taken in at one connection a pass.
///
/// A socket that was handed over may be shared with other processes, which shall lose no connection when this one stops. The kernel
/// wakes one accept in flight for a connection; if that one is being cancelled, or its process killed, nobody else hears of it. So
/// on a shared socket the acceptor waits until it is readable, which all who share it are told, and then accepts without waiting.
/// Stopping leaves the socket listening for the others.
class acceptor {
 public:
  enum class ownership : unsigned char { alone, shared };

  acceptor(server_state& server, io_backend& backend, unique_fd fd, ownership owned, std::source_location opened_at);

  /// Listens, and accepts. *Errors*: `std::system_error`.
  void start(int backlog);
  /// Accepts again after a pause.
  void resume() noexcept;
  void stop() noexcept;

  socket_address const& address() const noexcept { return address_; }

 private:
  enum class phase : unsigned char { idle, accepting, paused, stopped };

  struct accept_operation : io_operation {
    accept_operation() noexcept : io_operation(completed) {}
    acceptor* owner = nullptr;
    std::shared_ptr<server_state> held;
    unsigned peer_length = 0;
    alignas(8) char peer[128];  // lifetime: the kernel writes both while the operation is in flight
  };

  void begin(accept_operation& op);
  void begin_one_more() noexcept;
  void take_result(accept_operation& op) noexcept;
  void accept_some() noexcept;
  void take_failure(int error) noexcept;
  void pause(std::exception_ptr const& reason) noexcept;
  static void completed(io_operation& op);

  server_state& server_;
  io_backend& backend_;
  unique_fd fd_;
  ownership owned_;
  std::uint32_t const keeper_ = io_backend::new_keeper();
  socket_address address_;
  std::source_location opened_at_;
  phase phase_ = phase::idle;
  std::array<accept_operation, 16> operations_;
};

}  // namespace halka
