// SPDX-License-Identifier: MIT
#include "open_connection.hpp"

#include "connection_race.hpp"
#include "resolve.hpp"

#include <stdexcept>
#include <utility>

namespace halka {

namespace {

/// The other options were set before the socket was connected.
stream make_stream(unique_fd fd, connection_options const& options) {
  return stream(std::move(fd), {.limit = options.limit, .no_delay = false});
}

}  // namespace

task<stream> open_connection(std::string host, std::uint16_t port, connection_options options, std::source_location here) {
  auto addresses = co_await resolve(host, port, {.family = options.family});
  std::string what = ' ' + host + ':' + std::to_string(port);
  unique_fd fd = co_await detail::connect_to_any(std::move(addresses), std::move(what), options, here);
  co_return make_stream(std::move(fd), options);
}

task<stream> open_connection(std::vector<socket_address> addresses, connection_options options, std::source_location here) {
  if (addresses.empty()) throw std::invalid_argument("open_connection needs an address");
  unique_fd fd = co_await detail::connect_to_any(std::move(addresses), std::string(), options, here);
  co_return make_stream(std::move(fd), options);
}

task<stream> open_connection(socket_address address, connection_options options, std::source_location here) {
  if (!address.is_set()) throw std::invalid_argument("open_connection needs an address");
  unique_fd fd = co_await detail::connect_to(address, options, here);
  co_return make_stream(std::move(fd), options);
}

task<stream> open_unix_connection(std::string path, stream_options options, std::source_location here) {
  socket_address const address = socket_address::unix_path(path);
  unique_fd fd = co_await detail::connect_to(address, {}, here);
  co_return stream(std::move(fd), options, address);
}

}  // namespace halka
