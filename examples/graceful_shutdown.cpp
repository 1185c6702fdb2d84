// SPDX-License-Identifier: MIT
// What a server does on SIGTERM or Ctrl-C: listen no more, let the connections that are open finish, but not for longer than they
// may take, and end with exit code 0.
//
// Run it: build/release/examples/graceful_shutdown, which has two clients of its own and sends itself the signal while they are
// served; or with a port, and send it the signal: kill -TERM its PID
#include <halka/halka.hpp>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

using namespace std::chrono_literals;

/// Answers slowly, so that there is something to wait for.
halka::task<> answer(halka::stream client) {
  std::string const question = co_await client.read_line();
  co_await halka::sleep(300ms);
  co_await client.write("the answer to " + question);
}

halka::task<> ask(std::uint16_t port, std::string question) {
  halka::stream server = co_await halka::open_connection("localhost", port);
  co_await server.write(question + "\n");
  std::string const answer = co_await server.read_line();
  std::printf("%s", answer.c_str());
}

halka::task<> serve_until_signal(std::uint16_t port, bool demonstrate) {
  halka::signal_set stop({SIGINT, SIGTERM});
  halka::server server = co_await halka::start_server(answer, "localhost", port);
  std::printf("serving at port %d\n", server.port());
  std::vector<halka::task_handle<>> clients;
  if (demonstrate) {
    clients.push_back(halka::spawn(ask, server.port(), "first"));
    clients.push_back(halka::spawn(ask, server.port(), "second"));
    halka::get_running_loop().call_later(100ms, [] { std::raise(SIGTERM); });
  }
  int const signal = co_await stop.next();
  server.close();
  std::printf("%s: %zu connections to finish\n", halka::signal_name(signal).c_str(), server.statistics().connections);
  bool in_time = true;
  try {
    co_await halka::wait_for(server.wait_closed(), 10s);
  } catch (halka::timeout_error const&) {
    in_time = false;
    server.close_clients();
  }
  co_await server.wait_closed();
  co_await halka::gather(std::move(clients));
  std::puts(in_time ? "all done" : "some took too long and were cancelled");
}

int main(int argc, char** argv) {
  try {
    halka::run(serve_until_signal(argc > 1 ? static_cast<std::uint16_t>(std::stoi(argv[1])) : std::uint16_t{0}, argc == 1));
  } catch (std::exception const& e) {
    std::fprintf(stderr, "graceful_shutdown: %s\n", e.what());
    return 1;
  }
}
