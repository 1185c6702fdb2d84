// SPDX-License-Identifier: MIT
#include "open_datagram.hpp"

#include "../../io/ops/connect.hpp"
#include "resolve.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace halka {

namespace {

/// The addresses that an endpoint stands for; none for no endpoint.
task<std::vector<socket_address>> addresses_of(std::string host, endpoint end, resolve_options how) {
  std::vector<socket_address> addresses;
  if (end.is_named())
    addresses = co_await resolve(std::move(host), end.port(), how);
  else if (end.is_set())
    addresses.push_back(end.address());
  co_return addresses;
}

socket_address first_of_family(std::vector<socket_address> const& addresses, int family) {
  auto const found = std::ranges::find(addresses, family, &socket_address::family);
  return found != addresses.end() ? *found : socket_address();
}

task<datagram> open(std::string local_host, std::string remote_host, datagram_options options, std::source_location here) {
  resolve_options how{options.family, true, io::socket_kind::datagram};
  auto const locals = co_await addresses_of(std::move(local_host), options.local, how);
  how.passive = false;
  auto const remotes = co_await addresses_of(std::move(remote_host), options.remote, how);

  // The first family that both ends have.
  int family = io::to_system(options.family);
  socket_address local;
  socket_address remote;
  for (socket_address const& wanted : remotes.empty() ? locals : remotes) {
    family = wanted.family();
    local = first_of_family(locals, family);
    remote = first_of_family(remotes, family);
    if (locals.empty() || local.is_set()) break;
  }
  if (!locals.empty() && !local.is_set())
    throw std::invalid_argument("open_datagram: the local and the remote address are of different families");
  if (family == 0) throw std::invalid_argument("open_datagram needs a local address, a remote address or a family");

  unique_fd fd = io::make_socket(family, io::socket_kind::datagram, here);
  if (options.reuse_address) io::set_reuse_address(fd.get(), true);
  if (options.reuse_port) io::set_reuse_port(fd.get(), true);
  if (options.send_buffer > 0) io::set_send_buffer(fd.get(), options.send_buffer);
  if (options.receive_buffer > 0) io::set_receive_buffer(fd.get(), options.receive_buffer);
  if (local.is_set()) io::bind(fd.get(), local);
  if (remote.is_set()) co_await io::connect(fd.get(), remote);
  datagram socket(std::move(fd));
  if (options.broadcast) socket.set_broadcast(true);
  co_return socket;
}

}  // namespace

task<datagram> open_datagram(datagram_options const& options, std::source_location here) {
  return open(std::string(options.local.host()), std::string(options.remote.host()), options, here);
}

}  // namespace halka
