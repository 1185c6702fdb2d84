// SPDX-License-Identifier: MIT
// The servers that check_interop.py lets other programs' clients talk to. They tell where they are, a line each, and serve until
// Ctrl-C.
//
// interop_servers DIRECTORY: the sockets are made there, and "large" there is what HTTP serves at /large.
#include "serve_http.hpp"
#include "serve_ping.hpp"

#include <fcntl.h>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <string>
#include <system_error>

namespace {

using namespace interop;

/// Sends everything back, and ends its output when the client has.
halka::task<> echo(halka::stream peer) {
  while (true) {
    std::string const data = co_await peer.read(65536);
    if (data.empty()) co_return;
    co_await peer.write(data);
  }
}

halka::task<> echo_messages(halka::datagram& socket) {
  while (true) {
    auto const message = co_await socket.receive_from();
    co_await socket.send_to(message.data, message.sender);
  }
}

halka::task<> serve(std::string directory) {
  std::string const path = directory + "/echo";
  halka::server http = co_await halka::start_server(serve_http, "127.0.0.1", 0);
  halka::server ping = co_await halka::start_server(serve_ping, "127.0.0.1", 0);
  halka::server tcp = co_await halka::start_server(echo, "127.0.0.1", 0);
  halka::server local = co_await halka::start_unix_server(echo, path);
  halka::datagram udp = co_await halka::open_datagram({.local = {"127.0.0.1", 0}});
  std::printf("http %d\nping %d\necho %d\nudp %d\nunix %s\nready\n", http.port(), ping.port(), tcp.port(),
              udp.local_address().port(), path.c_str());
  std::fflush(stdout);
  co_await halka::gather(http.serve_forever(), ping.serve_forever(), tcp.serve_forever(), local.serve_forever(),
                         echo_messages(udp));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::string const directory = argc > 1 ? argv[1] : ".";
    large_file = open((directory + "/large").c_str(), O_RDONLY | O_CLOEXEC);
    halka::run(serve(directory));
  } catch (halka::keyboard_interrupt const&) {
    return 0;
  } catch (std::exception const& e) {
    std::fprintf(stderr, "interop_servers: %s\n", e.what());
    return 1;
  }
}
