// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/socket.hpp"
#include "../../io/socket_address.hpp"
#include "../../io/stream.hpp"
#include "../../sched/export.hpp"
#include "../../sched/task.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string>
#include <vector>

namespace halka {

struct connection_options {
  address_family family = address_family::any;
  socket_address local = {};                     // this end's address; addresses of other families are left out then
  std::chrono::milliseconds attempt_delay{250};  // until the next address is tried beside the one before
  std::size_t limit = 65536;                     // how far read_until and read_line look for a separator
  bool no_delay = true;                          // send small writes at once
  bool keep_alive = false;                       // notice a peer that has vanished
  keep_alive_options keep_alive_probes = {};
  int send_buffer = 0;  // the kernel's, in bytes; 0 for its default
  int receive_buffer = 0;
};

/// Connects to a host.
///
/// The addresses of the host are tried in turn, IPv6 and IPv4 alternating. The next attempt begins when one has failed, or after
/// `attempt_delay` beside those that run. The first to succeed wins; the others are given up, and their descriptors are closed when
/// this returns.
///
/// *Suspends*: until the name is resolved and a connection stands.
/// *Errors*: `std::system_error` of resolving ("resolve no.such.host: Name or service not known"), or of the connection ("connect
/// 127.0.0.1:1: Connection refused"). If there are several addresses, the code is the first one's and the text names them all.
/// *Cancellation*: nothing is left open.
/// *Source*: asyncio.open_connection, RFC 8305.
HALKA_API task<stream> open_connection(std::string host, std::uint16_t port, connection_options options = {},
                                       std::source_location here = std::source_location::current());

/// Connects to the first of the addresses that answers. *Errors*: also `std::invalid_argument` if there are none.
HALKA_API task<stream> open_connection(std::vector<socket_address> addresses, connection_options options = {},
                                       std::source_location here = std::source_location::current());

/// Connects to one address, also of a unix socket.
HALKA_API task<stream> open_connection(socket_address address, connection_options options = {},
                                       std::source_location here = std::source_location::current());

/// Connects to a unix socket: a path, or a name in the abstract namespace, which begins with a zero character.
///
/// *Errors*: `std::system_error`: "connect /run/x.sock: No such file or directory"; `std::invalid_argument` for a path that is too
/// long. *Source*: asyncio.open_unix_connection.
HALKA_API task<stream> open_unix_connection(std::string path, stream_options options = {},
                                            std::source_location here = std::source_location::current());

}  // namespace halka
