// SPDX-License-Identifier: MIT
#pragma once

// What a server is made of. The `server` holds it, every connection's task, and every accept that is in flight: it lives until the
// last of them has ended.
//
//   bound --start--> serving --close--> closed --the last connection has ended--> ended

#include "../../io/io_backend.hpp"
#include "../../io/stream.hpp"
#include "../../sched/context.hpp"
#include "../../sched/event_loop.hpp"
#include "../../sched/task.hpp"
#include "../sync/event.hpp"
#include "acceptor.hpp"
#include "served_connection.hpp"
#include "server.hpp"
#include "socket_file.hpp"

#include <cstdint>
#include <exception>
#include <memory>
#include <source_location>
#include <string>
#include <vector>

namespace halka {

class server_state : public std::enable_shared_from_this<server_state> {
 public:
  server_state(connection_handler handler, int backlog, stream_options const& options);
  ~server_state();
  server_state(server_state const&) = delete;
  server_state& operator=(server_state const&) = delete;

  void add_listener(unique_fd fd, acceptor::ownership owned, std::source_location opened_at);
  void keep_file(socket_file file) noexcept { file_ = std::move(file); }

  // -- what the program asks for

  /// *Errors*: `std::logic_error` if it is closed; `std::system_error` of listening.
  void start();
  void close() noexcept;
  void cancel_connections();
  void abort_connections();
  bool is_serving() const noexcept { return phase_ == phase::serving; }
  bool is_closed() const noexcept { return phase_ == phase::closed; }
  /// "server 127.0.0.1:80"
  std::string const& name() const noexcept { return name_; }
  std::vector<socket_address> addresses() const;
  std::uint16_t port() const noexcept { return port_; }
  server_statistics statistics() const noexcept { return statistics_; }

  /// Waits for `close` and then for the last connection.
  static task<> until_ended(std::shared_ptr<server_state> self);
  static task<> serve_forever(std::shared_ptr<server_state> self);

  // -- what acceptors ask and tell

  bool loop_has_ended() const noexcept { return loop_.is_closed(); }
  void connected(unique_fd fd, socket_address const& peer) noexcept;
  /// Nothing can be accepted for now. Accepting goes on when a connection has ended or a tenth of a second has passed.
  void pause_after(std::exception_ptr const& reason) noexcept;

  // -- what connections tell

  void add(served_connection& c) noexcept;
  void remove(served_connection& c) noexcept;
  task<> handle(stream&& peer) { return handler_(std::move(peer)); }
  void report_failure(served_connection const& c, std::exception_ptr const& failure) noexcept;
  /// For clients that have no address of their own.
  std::string next_client_name() const;

 private:
  enum class phase : unsigned char { bound, serving, closed };

  void report(std::string message, std::exception_ptr const& e) const noexcept;
  void resume_all() noexcept;
  void check_not_closed() const;

  event_loop& loop_;
  connection_handler handler_;
  context_ref context_;  // of who started the server
  int backlog_;
  stream_options stream_options_;
  std::string name_;
  std::uint16_t port_ = 0;
  std::vector<std::unique_ptr<acceptor>> acceptors_;
  socket_file file_;
  served_connection* first_ = nullptr;
  server_statistics statistics_;
  phase phase_ = phase::bound;
  bool served_forever_ = false;
  event closing_;
  event ended_;
  timer_handle retry_;
  clock::time_point last_pause_ = clock::time_point::min();
};

}  // namespace halka
