// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/datagram.hpp"
#include "../../io/socket.hpp"
#include "../../sched/export.hpp"
#include "../../sched/task.hpp"
#include "endpoint.hpp"

#include <source_location>

namespace halka {

struct datagram_options {
  endpoint local = {};   // where to receive; none for a free port of the remote address' family
  endpoint remote = {};  // the only partner: `send` goes there, and only what comes from there is received
  address_family family = address_family::any;
  bool reuse_address = false;
  bool reuse_port = false;
  bool broadcast = false;
  int send_buffer = 0;  // the kernel's, in bytes; 0 for its default
  int receive_buffer = 0;
};

/// Opens a socket for messages: `co_await open_datagram({.local = {"127.0.0.1", 5353}})`.
///
/// *Suspends*: while names are resolved.
/// *Errors*: `std::system_error` of resolving, binding and connecting; `std::invalid_argument` if neither a local nor a remote
/// address is given and `family` does not tell which kind of socket is meant, or if the addresses are of different families.
/// *Source*: loop.create_datagram_endpoint.
HALKA_API task<datagram> open_datagram(datagram_options const& options,
                                       std::source_location here = std::source_location::current());

}  // namespace halka
