// SPDX-License-Identifier: MIT
// Tries the ports of a host, a hundred at a time: a semaphore bounds how many connections are being opened at once, and wait_for
// how long each may take.
//
// Run it: build/release/examples/port_scanner [host [first last]]; without arguments it opens two ports and finds them,
// and those of other programs between them.
#include <halka/halka.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <system_error>
#include <vector>

using namespace std::chrono_literals;

struct scan {
  halka::socket_address host;
  std::vector<int> open_ports;
  halka::semaphore at_once{100};
};

halka::task<> try_port(scan& s, int port) {
  auto const permit = co_await s.at_once.hold();
  auto const address = halka::socket_address::ip(s.host.host(), static_cast<std::uint16_t>(port));
  try {
    halka::stream connection = co_await halka::wait_for(halka::open_connection(address), 1s);
    s.open_ports.push_back(port);
  } catch (std::system_error const&) {
    // Closed.
  } catch (halka::timeout_error const&) {
    // Nobody answers: a firewall.
  }
}

halka::task<> scan_ports(std::string name, int first, int last) {
  scan s;
  auto const addresses = co_await halka::resolve(name, 0);
  s.host = addresses.front();
  auto const begin = std::chrono::steady_clock::now();
  co_await halka::with_task_group([&](halka::task_group& group) {
    for (int port = first; port <= last; ++port) group.create_task(try_port(s, port));
  });
  auto const took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  std::ranges::sort(s.open_ports);
  for (int const port : s.open_ports) std::printf("%s port %d is open\n", name.c_str(), port);
  std::printf("%d ports in %d ms\n", last - first + 1, static_cast<int>(took.count()));
}

halka::task<> say_nothing(halka::stream) { co_return; }

halka::task<> demonstrate() {
  auto const one = co_await halka::start_server(say_nothing, "127.0.0.1", 0);
  auto const two = co_await halka::start_server(say_nothing, "127.0.0.1", 0);
  co_await scan_ports("127.0.0.1", std::min(one.port(), two.port()), std::max(one.port(), two.port()));
}

int main(int argc, char** argv) {
  try {
    std::string const host = argc > 1 ? argv[1] : "127.0.0.1";
    if (argc == 1)
      halka::run(demonstrate());
    else
      halka::run(scan_ports(host, argc > 3 ? std::stoi(argv[2]) : 1, argc > 3 ? std::stoi(argv[3]) : 1024));
  } catch (std::exception const& e) {
    std::fprintf(stderr, "port_scanner: %s\n", e.what());
    return 1;
  }
}
