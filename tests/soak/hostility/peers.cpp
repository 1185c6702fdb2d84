// SPDX-License-Identifier: MIT
// Clients that are slow: they do not read, or write a byte at a time, or stop in the middle of a message.
#include "../../support/files.hpp"
#include "../rolling_hash.hpp"
#include "host.hpp"
#include "scenarios.hpp"

#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace soak {

namespace {

using namespace std::chrono_literals;
using halka::test::descriptor;

std::vector<descriptor> connect_many(std::uint16_t port, std::uint64_t count, int receive_buffer = 0) {
  std::vector<descriptor> list;
  for (std::uint64_t i = 0; i < count; ++i) list.push_back(connect_to(port, receive_buffer));
  return list;
}

}  // namespace

// -- nobody reads, and then very slowly

namespace {

constexpr std::size_t answer_size = 256 * 1024;
constexpr int small_buffer = 4096;

/// Connects, reads nothing until told, and then a KiB of each connection in turn.
void read_slowly(std::uint64_t count, std::uint16_t port, opponent_line const& line) {
  auto const sockets = connect_many(port, count, small_buffer);
  line.meet();
  std::vector<rolling_hash> got(count);
  std::vector<bool> ended(count);
  std::string part(1024, '\0');
  for (std::uint64_t left = count; left > 0;) {
    for (std::uint64_t i = 0; i < count; ++i) {
      if (ended[i]) continue;
      ssize_t const n = ::read(sockets[i].get(), part.data(), part.size());
      if (n > 0) got[i].add({part.data(), static_cast<std::size_t>(n)});
      if (n > 0) continue;
      line.tell(n == 0 ? got[i].count() : 0);
      line.tell(got[i].value());
      ended[i] = true;
      --left;
    }
  }
}

}  // namespace

std::string meet_slow_readers(std::uint64_t connections) {
  std::string const answer = halka::test::noise(answer_size);
  rolling_hash wanted;
  wanted.add(answer);
  opponent other([&](std::uint16_t port, opponent_line const& line) { read_slowly(connections, port, line); });
  std::size_t grown = 0;
  std::uint64_t taken = 0;
  auto handler = [&](halka::stream s) -> halka::task<> {
    std::string_view left = answer;
    while (!left.empty()) {
      std::string_view const part = left.substr(0, 16'384);
      co_await s.write(part);
      taken += part.size();
      left.remove_prefix(part.size());
    }
  };
  auto talk = [&](halka::server& srv) -> halka::task<> {
    co_await other.hear();
    std::size_t const before = resident_memory();
    while (srv.statistics().accepted < connections) co_await halka::sleep(1ms);
    std::uint64_t earlier = 1;
    while (earlier != taken) {  // until nothing moves
      earlier = taken;
      co_await halka::sleep(50ms);
    }
    grown = resident_memory() - std::min(before, resident_memory());
    check(srv.statistics().connections == connections, "a writer did not wait for its reader");
    other.tell(0);
    for (std::uint64_t i = 0; i < connections; ++i) {
      std::uint64_t const count = co_await other.hear();
      std::uint64_t const value = co_await other.hear();
      check(count == wanted.count() && value == wanted.value(), "a slow reader got " + std::to_string(count) + " bytes, or others");
    }
    check(grown < 2048 + connections * 64, "writers that wait took " + std::to_string(grown) + " KiB");
  };
  run_host(other, handler, talk, {.send_buffer = small_buffer});
  other.end();
  return figures("%llu readers of %zu KiB each, nothing lost; +%zu KiB of memory while all writers waited", number(connections),
                 answer_size / 1024, grown);
}

// -- half a message, and a long pause

namespace {

constexpr std::size_t message_size = 1000;
constexpr std::size_t messages = 4;

void write_slowly(std::uint64_t count, std::uint16_t port, opponent_line const& line) {
  auto const sockets = connect_many(port, count);
  std::string const message = halka::test::noise(message_size);
  std::size_t const half = message_size / 2;
  for (std::size_t i = 0; i < messages; ++i) {
    for (auto const& s : sockets) send_all(s.get(), message.data(), half);
    line.meet();
    for (auto const& s : sockets) send_all(s.get(), message.data() + half, message_size - half);
  }
  char byte = 0;
  for (auto const& s : sockets) read_all(s.get(), &byte, 1);
}

}  // namespace

std::string meet_slow_writers(std::uint64_t connections) {
  std::string const message = halka::test::noise(message_size);
  opponent other([&](std::uint16_t port, opponent_line const& line) { write_slowly(connections, port, line); });
  std::uint64_t given_up = 0;
  std::array<std::uint64_t, messages> tired{};  // connections that have given up on a message once
  auto handler = [&](halka::stream s) -> halka::task<> {
    for (std::size_t i = 0; i < messages; ++i) {
      bool tired_of_it = false;
      std::string got;
      while (got.empty()) {
        try {
          got = co_await halka::wait_for(s.read_exactly(message_size), 20ms);
        } catch (halka::timeout_error const&) {
          ++given_up;
          if (!tired_of_it) ++tired[i];
          tired_of_it = true;
        }
      }
      check(got == message, "a message that came in halves is another one");
    }
    co_await s.write("k");
  };
  auto talk = [&](halka::server& srv) -> halka::task<> {
    for (std::size_t i = 0; i < messages; ++i) {
      co_await other.hear();
      while (tired[i] < connections) co_await halka::sleep(1ms);
      other.tell(0);
    }
    co_await until_connections(srv, 0);
  };
  run_host(other, handler, talk);
  other.end();
  return figures("%llu messages came in halves, %llu reads were given up between, nothing lost", number(connections * messages),
                 number(given_up));
}

// -- a byte at a time

namespace {

constexpr std::size_t line_size = 400;
constexpr std::size_t block_size = 137;

/// A line, a block, a part up to a long separator, each twice.
std::string dribbled_text() {
  std::string text;
  for (char const c : {'a', 'b'}) {
    text += std::string(line_size - 1, c) + '\n';
    text += std::string(block_size, c);
    text += "=-=-=-" + std::string(40, c) + "=-=-=-=";
  }
  return text;
}

void dribble(std::uint64_t count, std::uint16_t port) {
  auto const sockets = connect_many(port, count);
  for (auto const& s : sockets) {
    int const on = 1;
    setsockopt(s.get(), 6, 1, &on, sizeof on);  // TCP_NODELAY
  }
  for (char const& byte : dribbled_text()) {
    for (auto const& s : sockets) send_all(s.get(), &byte, 1);
    std::this_thread::sleep_for(20us);  // so that the server gets hold of each
  }
  char answer = 0;
  for (auto const& s : sockets) read_all(s.get(), &answer, 1);
}

}  // namespace

std::string meet_dribblers(std::uint64_t connections) {
  opponent other([&](std::uint16_t port, opponent_line const&) { dribble(connections, port); });
  std::uint64_t parts = 0;
  std::uint64_t served = 0;
  halka::event all_served;
  auto handler = [&](halka::stream s) -> halka::task<> {
    std::string const text = dribbled_text();
    std::string got;
    for (int i = 0; i < 2; ++i) {
      got += co_await s.read_line();
      check(got.back() == '\n', "no line");
      got += co_await s.read_exactly(block_size);
      got += co_await s.read_until("=-=-=-=");
      parts += 3;
    }
    check(got == text, "what came byte by byte is another text");
    co_await s.write("k");
    if (++served == connections) all_served.set();
  };
  auto talk = [&](halka::server&) -> halka::task<> { co_await all_served.wait(); };
  double const begin = processor_time();
  run_host(other, handler, talk);
  other.end();
  double const bytes = static_cast<double>(connections * dribbled_text().size());
  return figures("%llu connections, %.0f bytes one at a time, read as %llu lines, blocks and parts; %.1f us of processor a byte",
                 number(connections), bytes, number(parts), (processor_time() - begin) / bytes * 1e6);
}

}  // namespace soak
