// SPDX-License-Identifier: MIT
// A server that sends everything back. Each connection is a task of its own, written as if it were the only one.
//
// Run it: build/release/examples/echo_server, which asks itself over three connections at once; or with a port, until Ctrl-C, and
// talk to it with: nc localhost PORT
#include <halka/halka.hpp>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>

halka::task<> echo(halka::stream peer) {
  while (true) {
    std::string const data = co_await peer.read(4096);
    if (data.empty()) co_return;  // the end of input is not an error
    co_await peer.write(data);
  }
}

halka::task<std::string> ask(std::uint16_t port, std::string question) {
  halka::stream server = co_await halka::open_connection("localhost", port);
  co_await server.write(question + "\n");
  std::string answer = co_await server.read_line();
  co_return answer;
}

halka::task<> serve(std::uint16_t port) {
  halka::server server = co_await halka::start_server(echo, "", port);
  for (auto const& address : server.addresses()) std::printf("serving at %s\n", address.to_string().c_str());
  co_await server.serve_forever();
}

halka::task<> demonstrate() {
  halka::server server = co_await halka::start_server(echo, "localhost", 0);
  auto const port = server.port();
  auto const [one, two, three] = co_await halka::gather(ask(port, "one"), ask(port, "two"), ask(port, "three"));
  std::printf("%s%s%s", one.c_str(), two.c_str(), three.c_str());
  server.close();
  co_await server.wait_closed();
  std::printf("%d connections, all closed\n", static_cast<int>(server.statistics().accepted));
}

int main(int argc, char** argv) {
  try {
    if (argc > 1)
      halka::run(serve(static_cast<std::uint16_t>(std::stoi(argv[1]))));
    else
      halka::run(demonstrate());
  } catch (halka::keyboard_interrupt const&) {
    std::puts("\nbye");
  } catch (std::exception const& e) {
    std::fprintf(stderr, "echo_server: %s\n", e.what());
    return 1;
  }
}
