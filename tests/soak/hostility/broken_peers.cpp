// SPDX-License-Identifier: MIT
// Clients that reset their connections, or say nothing.
#include "host.hpp"
#include "scenarios.hpp"

#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <string>
#include <system_error>
#include <vector>

namespace soak {

namespace {

using namespace std::chrono_literals;
using halka::test::descriptor;

}  // namespace

// -- resets

namespace {

constexpr std::uint64_t reset_states = 6;
constexpr std::uint64_t at_once = 600;  // connections

/// Resets a connection in one of the states of the conversation.
descriptor provoke(std::uint16_t port, std::uint64_t state) {
  descriptor s = connect_to(port);
  char part[1000];
  will_reset(s.get());
  switch (state) {
    case 0:  // as soon as it stands
      s.close();
      break;
    case 1:  // with a request on its way
      send_all(s.get(), "l and more", 10);
      s.close();
      break;
    case 2:  // in the middle of the answer
      send_all(s.get(), "p", 1);
      read_all(s.get(), part, sizeof part);
      s.close();
      break;
    case 3:  // later, while the server reads
      send_all(s.get(), "l", 1);
      break;
    case 4:  // later, while the server waits until it can write
      send_all(s.get(), "p", 1);
      break;
    default:  // later, and it has ended its output long before
      send_all(s.get(), "p", 1);
      shutdown(s.get(), SHUT_WR);
      break;
  }
  return s;
}

void reset_all(std::uint64_t count, std::uint16_t port, opponent_line const& line) {
  for (std::uint64_t begun = 0; begun < count;) {
    std::vector<descriptor> sockets;
    for (std::uint64_t i = 0; i < at_once && begun < count; ++i) sockets.push_back(provoke(port, begun++ % reset_states));
    line.meet(begun);
  }
}

}  // namespace

std::string meet_resets(std::uint64_t connections) {
  opponent other([&](std::uint16_t port, opponent_line const& line) { reset_all(connections, port, line); });
  std::uint64_t ended = 0;
  std::uint64_t reset = 0;
  std::uint64_t broken = 0;
  std::string const much(100'000, 'x');
  auto converse = [&](halka::stream& s) -> halka::task<> {
    std::string heard = co_await s.read(1);
    while (heard == "p") co_await s.write(much);
    while (!heard.empty()) heard = co_await s.read(1000);
  };
  auto handler = [&](halka::stream s) -> halka::task<> {
    try {
      co_await converse(s);
      ++ended;
    } catch (std::system_error const& e) {
      int const error = e.code().value();
      if (error != ECONNRESET && error != EPIPE) throw;
      ++(error == EPIPE ? broken : reset);
    }
  };
  auto talk = [&](halka::server& srv) -> halka::task<> {
    for (std::uint64_t begun = 0; begun < connections;) {
      begun = co_await other.meet();
      while (ended + reset + broken < begun) co_await halka::sleep(1ms);
    }
    check(srv.statistics().accepted == connections, "connections were lost");
  };
  run_host(other, handler, talk);
  other.end();
  check(ended == 0, "a reset looked like an end");
  return figures("%llu connections reset in %llu states: %llu told as reset, %llu as broken pipe", number(connections),
                 number(reset_states), number(reset), number(broken));
}

// -- silence

std::string meet_silence(std::uint64_t connections) {
  opponent other([&](std::uint16_t port, opponent_line const& line) {
    std::vector<descriptor> sockets;
    for (std::uint64_t i = 0; i < connections; ++i) sockets.push_back(connect_to(port));
    std::uint64_t ends = 0;
    char byte = 0;
    for (auto const& s : sockets) ends += ::read(s.get(), &byte, 1) == 0;
    line.tell(ends);
  });
  std::uint64_t given_up = 0;
  auto handler = [&](halka::stream s) -> halka::task<> {
    try {
      std::string const line = co_await halka::wait_for(s.read_line(), 100ms);
      check(false, "a silent client said " + line);
    } catch (halka::timeout_error const&) {
      ++given_up;
    }
  };
  auto talk = [&](halka::server&) -> halka::task<> {
    std::uint64_t const ends = co_await other.hear();
    check(ends == connections && given_up == connections, "not every silent client was sent away");
  };
  run_host(other, handler, talk);
  other.end();
  return figures("%llu clients that said nothing were sent away after 100 ms", number(given_up));
}

}  // namespace soak
