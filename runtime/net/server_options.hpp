// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/socket.hpp"

#include <cstddef>

namespace halka {

struct server_options {
  address_family family = address_family::any;
  int backlog = 4096;         // connections that wait to be accepted; the system takes at most net.core.somaxconn
  bool reuse_address = true;  // take the port although old connections are not forgotten yet
  bool reuse_port = false;    // let other sockets listen at the same port; the kernel spreads the connections
  bool start_serving = true;  // else `start_serving` or `serve_forever` begins
  std::size_t limit = 65536;  // of each connection: how far read_until and read_line look for a separator
  bool no_delay = true;       // send small writes at once
  bool keep_alive = false;    // notice a peer that has vanished
  keep_alive_options keep_alive_probes = {};
  int send_buffer = 0;  // the kernel's, in bytes; 0 for its default
  int receive_buffer = 0;
};

struct unix_server_options {
  int backlog = 4096;
  int mode = -1;  // the permissions of the socket file, such as 0600; -1 for what the process' umask leaves
  bool start_serving = true;
  std::size_t limit = 65536;
  int send_buffer = 0;
  int receive_buffer = 0;
};

}  // namespace halka
