// SPDX-License-Identifier: MIT
#include "fed_stream.hpp"

#include <sys/socket.h>
#include <cstdlib>

namespace halka::test {

fed_stream::fed_stream(stream_options const& options) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
  s = stream(unique_fd(ends[0]), options);
  peer = descriptor(ends[1]);
}

void fed_stream::feed(std::string_view text) const {
  if (::send(peer.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) std::abort();
}

}  // namespace halka::test
