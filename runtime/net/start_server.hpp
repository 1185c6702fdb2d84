// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/stream.hpp"
#include "../../io/unique_fd.hpp"
#include "../../sched/compiler.hpp"
#include "../../sched/export.hpp"
#include "../../sched/task.hpp"
#include "server.hpp"
#include "server_options.hpp"

#include <concepts>
#include <cstdint>
#include <memory>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace halka {

/// What can serve a connection: a coroutine function that takes the stream.
template <class F>
concept serves_connections = requires(std::decay_t<F>& handler, stream&& peer) {
  { handler(std::move(peer)) } -> std::same_as<task<>>;
}
&&std::constructible_from<std::decay_t<F>, F>;

namespace detail {

/// Keeps the handler in one place for all connections: a lambda's coroutines refer to it.
template <class F>
connection_handler make_connection_handler(F&& handler) {
  check_callable<F>();
  auto kept = std::make_shared<std::decay_t<F>>(std::forward<F>(handler));
  return [kept = std::move(kept)](stream&& peer) -> task<> { return (*kept)(std::move(peer)); };
}

HALKA_API task<std::vector<unique_fd>> bind_server_sockets(std::vector<std::string> hosts, std::uint16_t port,
                                                           server_options options, std::source_location here);
HALKA_API task<server> start_server_on(connection_handler handler, std::vector<unique_fd> sockets, server_options options,
                                       std::source_location here);
HALKA_API task<server> start_server_at(connection_handler handler, std::vector<std::string> hosts, std::uint16_t port,
                                       server_options options, std::source_location here);
HALKA_API task<server> start_unix_server_at(connection_handler handler, std::string path, unix_server_options options,
                                            std::source_location here);

}  // namespace detail

/// Starts a server: `handler(stream)` runs in a task of its own for each connection.
///
/// `host` is an address or a name, of which all addresses are listened at; empty for all of this machine, over IPv4 and IPv6. Port
/// 0 is a free one, the same for all addresses.
///
/// *Suspends*: while names are resolved. *Errors*: `std::system_error` of resolving, binding ("bind 127.0.0.1:80: Permission
/// denied") and listening. *Lifetime*: the handler is moved in, and lives until the last connection has ended. *Source*:
/// asyncio.start_server.
template <serves_connections F>
task<server> start_server(F&& handler, std::string const& host, std::uint16_t port, server_options const& options = {},
                          std::source_location here = std::source_location::current()) {
  detail::check_callable<F>();
  return detail::start_server_at(detail::make_connection_handler(std::forward<F>(handler)), std::vector<std::string>(1, host), port,
                                 options, here);
}

/// The same at the addresses of several hosts.
template <serves_connections F>
task<server> start_server(F&& handler, std::vector<std::string> hosts, std::uint16_t port, server_options const& options = {},
                          std::source_location here = std::source_location::current()) {
  detail::check_callable<F>();
  return detail::start_server_at(detail::make_connection_handler(std::forward<F>(handler)), std::move(hosts), port, options, here);
}

/// The same on sockets that are bound already, as a service manager or a parent process hands them over; of the options those of
/// the server apply, not those of sockets. Others may have the same sockets, in other processes too: each connection goes to one of
/// them, and closing the server does not end their listening. The sockets become non-blocking.
///
/// *Errors*: `std::invalid_argument` if it is no stream socket; `std::system_error`.
/// *Source*: asyncio.start_server with sock.
template <serves_connections F>
task<server> start_server(F&& handler, std::vector<unique_fd> sockets, server_options const& options = {},
                          std::source_location here = std::source_location::current()) {
  detail::check_callable<F>();
  return detail::start_server_on(detail::make_connection_handler(std::forward<F>(handler)), std::move(sockets), options, here);
}
template <serves_connections F>
task<server> start_server(F&& handler, unique_fd socket, server_options const& options = {},
                          std::source_location here = std::source_location::current()) {
  detail::check_callable<F>();
  std::vector<unique_fd> sockets;
  sockets.push_back(std::move(socket));
  return detail::start_server_on(detail::make_connection_handler(std::forward<F>(handler)), std::move(sockets), options, here);
}

/// Starts a server at a path, or at a name in the abstract namespace, which begins with a zero character.
///
/// The file of a server that is gone is replaced. Closing removes the file, unless somebody has put another one in its place.
///
/// *Errors*: `std::system_error`: "bind /run/x.sock: Address already in use" if somebody listens there or the file is no socket.
/// *Source*: asyncio.start_unix_server.
template <serves_connections F>
task<server> start_unix_server(F&& handler, std::string path, unix_server_options const& options = {},
                               std::source_location here = std::source_location::current()) {
  detail::check_callable<F>();
  return detail::start_unix_server_at(detail::make_connection_handler(std::forward<F>(handler)), std::move(path), options, here);
}

}  // namespace halka
