// SPDX-License-Identifier: MIT
#include "start_server.hpp"

#include "../../io/operation_awaiter.hpp"
#include "../../io/socket.hpp"
#include "resolve.hpp"
#include "server_state.hpp"

#include <sys/socket.h>
#include <algorithm>
#include <cerrno>
#include <exception>
#include <stdexcept>
#include <system_error>

namespace halka::detail {

namespace {

/// How often another free port is tried when not all addresses have the first one free.
constexpr int most_ports = 32;

unique_fd bind_one(socket_address const& address, server_options const& options, std::source_location here) {
  unique_fd fd = io::make_socket(address.family(), io::socket_kind::stream, here);
  if (options.reuse_address) io::set_reuse_address(fd.get(), true);
  if (options.reuse_port) io::set_reuse_port(fd.get(), true);
  if (address.family() == AF_INET6) io::set_v6_only(fd.get(), true);
  // The sockets that are accepted inherit these.
  if (options.no_delay) io::set_no_delay(fd.get(), true);
  if (options.keep_alive) io::set_keep_alive(fd.get(), true, options.keep_alive_probes);
  if (options.send_buffer > 0) io::set_send_buffer(fd.get(), options.send_buffer);
  if (options.receive_buffer > 0) io::set_receive_buffer(fd.get(), options.receive_buffer);
  io::bind(fd.get(), address);
  return fd;
}

/// A system need not have both families.
bool means_no_such_family(std::error_code error, socket_address const& address) noexcept {
  return error == std::errc::address_family_not_supported ||
         (error == std::errc::address_not_available && address.family() == AF_INET6);
}

/// One socket for each address that this system has. With port 0, all get the port of the first; nothing if one of them cannot.
std::vector<unique_fd> bind_all(std::vector<socket_address> const& addresses, server_options const& options, bool may_give_up,
                                std::source_location here) {
  std::vector<unique_fd> sockets;
  std::exception_ptr missing;
  std::uint16_t port = 0;
  for (socket_address const& address : addresses) {
    bool const follows = address.port() == 0 && port != 0;
    try {
      sockets.push_back(bind_one(follows ? socket_address::ip(address.host(), port) : address, options, here));
      if (port == 0) port = socket_address::local_of(sockets.back().get()).port();
    } catch (std::system_error const& e) {
      if (follows && may_give_up && e.code() == std::errc::address_in_use) return {};
      if (!means_no_such_family(e.code(), address)) throw;
      if (!missing) missing = std::current_exception();
    }
  }
  if (sockets.empty()) std::rethrow_exception(missing);
  return sockets;
}

}  // namespace

task<std::vector<unique_fd>> bind_server_sockets(std::vector<std::string> hosts, std::uint16_t port, server_options options,
                                                 std::source_location here) {
  if (hosts.empty()) throw std::invalid_argument("start_server needs a host; an empty one means all of this machine");
  std::vector<socket_address> addresses;
  for (std::string const& host : hosts) {
    auto const found = co_await resolve(host, port, {.family = options.family, .passive = true});
    for (socket_address const& a : found)
      if (std::ranges::find(addresses, a) == addresses.end()) addresses.push_back(a);
  }
  std::vector<unique_fd> sockets;
  for (int left = most_ports; sockets.empty(); --left) sockets = bind_all(addresses, options, left > 1, here);
  co_return sockets;
}

namespace {

server serve_on(connection_handler handler, std::vector<unique_fd> sockets, acceptor::ownership owned,
                server_options const& options, std::source_location here) {
  stream_options const of_connections{.limit = options.limit, .no_delay = false};
  auto const state = std::make_shared<server_state>(std::move(handler), options.backlog, of_connections);
  for (unique_fd& fd : sockets) state->add_listener(std::move(fd), owned, here);
  if (options.start_serving) state->start();
  return server(state);
}

void check_stream_socket(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0)
    throw_io_error(errno, "start_server with descriptor " + std::to_string(fd));
  if (type != SOCK_STREAM) throw std::invalid_argument("start_server needs stream sockets, that were bound to an address");
}

}  // namespace

task<server> start_server_at(connection_handler handler, std::vector<std::string> hosts, std::uint16_t port, server_options options,
                             std::source_location here) {
  std::vector<unique_fd> sockets = co_await bind_server_sockets(std::move(hosts), port, options, here);
  co_return serve_on(std::move(handler), std::move(sockets), acceptor::ownership::alone, options, here);
}

task<server> start_server_on(connection_handler handler, std::vector<unique_fd> sockets, server_options options,
                             std::source_location here) {
  if (sockets.empty()) throw std::invalid_argument("start_server needs a socket");
  for (unique_fd const& fd : sockets) check_stream_socket(fd.get());
  co_return serve_on(std::move(handler), std::move(sockets), acceptor::ownership::shared, options, here);
}

task<server> start_unix_server_at(connection_handler handler, std::string path, unix_server_options options,
                                  std::source_location here) {
  unique_fd fd = io::make_socket(AF_UNIX, io::socket_kind::stream, here);
  if (options.send_buffer > 0) io::set_send_buffer(fd.get(), options.send_buffer);
  if (options.receive_buffer > 0) io::set_receive_buffer(fd.get(), options.receive_buffer);
  socket_file file = socket_file::bind(fd.get(), path, options.mode);
  stream_options const of_connections{
      .limit = options.limit, .send_buffer = options.send_buffer, .receive_buffer = options.receive_buffer};
  auto const state = std::make_shared<server_state>(std::move(handler), options.backlog, of_connections);
  state->keep_file(std::move(file));
  state->add_listener(std::move(fd), acceptor::ownership::alone, here);
  if (options.start_serving) state->start();
  co_return server(state);
}

}  // namespace halka::detail
