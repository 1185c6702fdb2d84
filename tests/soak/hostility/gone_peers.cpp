// SPDX-License-Identifier: MIT
// Clients that vanish without a word, are stopped, or never read what was begun to be sent to them.
#include "../../support/files.hpp"
#include "../direction.hpp"
#include "../rolling_hash.hpp"
#include "host.hpp"
#include "scenarios.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace soak {

namespace {

using namespace std::chrono_literals;
using halka::test::descriptor;

constexpr std::size_t portion = std::size_t{1} << 20;
constexpr int little_room = 65'536;  // of the kernel, so that it soon takes no more

}  // namespace

// -- gone without a word

namespace {

/// Closes a socket without telling the other end, as a host does that is switched off and on again. False if that is not allowed.
bool forget(descriptor& s) {
  int const on = 1;
  if (setsockopt(s.get(), IPPROTO_TCP, TCP_REPAIR, &on, sizeof on) != 0) return false;
  s.close();
  return true;
}

enum class fate : char { read = 'r', write = 'w', forgotten = 'f' };

void disappear(std::uint64_t count, std::uint16_t port, opponent_line const& line) {
  std::vector<descriptor> sockets;
  constexpr std::array fates = {fate::read, fate::write, fate::forgotten};
  for (std::uint64_t i = 0; i < count; ++i) {
    sockets.push_back(connect_to(port));
    auto const wish = static_cast<char>(fates[i % fates.size()]);
    send_all(sockets.back().get(), &wish, 1);
  }
  line.meet();
  for (std::uint64_t i = 0; i < count; ++i)
    if (fates[i % fates.size()] != fate::forgotten || !forget(sockets[i])) vanish(sockets[i].get());
  line.meet();
  line.meet();  // the sockets stay until all is over
}

}  // namespace

std::string meet_vanished(std::uint64_t connections) {
  opponent other([&](std::uint16_t port, opponent_line const& line) { disappear(connections, port, line); });
  std::uint64_t timed_out = 0;
  std::uint64_t reset = 0;
  std::uint64_t broken = 0;
  std::uint64_t asked = 0;
  std::string const much(100'000, 'x');
  halka::event gone;
  auto converse = [&](halka::stream& s) -> halka::task<> {
    std::string const wish = co_await s.read(1);
    ++asked;
    co_await gone.wait();
    halka::io::set_option(s.fd(), IPPROTO_TCP, TCP_USER_TIMEOUT, 500, "TCP_USER_TIMEOUT");
    while (wish[0] == static_cast<char>(fate::write)) co_await s.write(much);
    std::string const more = co_await s.read(1);
    check(false, "a peer that had gone said something, or an end");
  };
  auto handler = [&](halka::stream s) -> halka::task<> {
    try {
      co_await converse(s);
    } catch (std::system_error const& e) {
      int const error = e.code().value();
      // A write that waits may use the reason up for the part that went, and the rest meets a broken pipe.
      if (error != ETIMEDOUT && error != ECONNRESET && error != EPIPE) throw;
      ++(error == ETIMEDOUT ? timed_out : error == ECONNRESET ? reset : broken);
    }
  };
  auto talk = [&](halka::server&) -> halka::task<> {
    co_await other.hear();
    while (asked < connections) co_await halka::sleep(1ms);
    other.tell(0);
    co_await other.meet();
    gone.set();
    while (timed_out + reset + broken < connections) co_await halka::sleep(10ms);
    co_await other.meet();
  };
  auto const begin = halka::clock::monotonic();
  halka::server_options const options{.keep_alive = true, .keep_alive_probes = {.idle = 1s, .interval = 1s, .count = 1}};
  run_host(other, handler, talk, options);
  other.end();
  std::chrono::duration<double> const took = halka::clock::monotonic() - begin;
  return figures("%llu peers gone without a word: %llu told as timed out, %llu as reset, %llu as broken pipe, within %.1f s",
                 number(connections), number(timed_out), number(reset), number(broken), took.count());
}

// -- stopped, and killed

namespace {

/// Reads so many portions, tells the hash; then reads a little more and waits for its end.
void read_portions(std::uint64_t count, std::uint16_t port, opponent_line const& line) {
  descriptor const s = connect_to(port, little_room);
  std::string text(portion, '\0');
  rolling_hash got;
  for (std::uint64_t i = 0; i < count; ++i) {
    read_all(s.get(), text.data(), text.size());
    got.add(text);
  }
  line.tell(got.value());
  read_all(s.get(), text.data(), 1000);
  line.meet();
}

}  // namespace

std::string meet_stopped(std::uint64_t megabytes) {
  opponent other([&](std::uint16_t port, opponent_line const& line) { read_portions(megabytes, port, line); });
  std::uint64_t given_up = 0;
  int last_error = 0;
  bool handled = false;
  std::string const text = halka::test::noise(portion);
  auto write_one = [&](halka::stream& s) -> halka::task<bool> {
    std::uint64_t const before = taken(s);
    try {
      co_await halka::wait_for(s.write(text), 20ms);
    } catch (halka::timeout_error const&) {
      ++given_up;
    }
    co_return taken(s) != before;
  };
  auto handler = [&](halka::stream s) -> halka::task<> {
    rolling_hash sent;
    bool stopped = false;
    for (std::uint64_t i = 0; i < megabytes;) {
      if (i == megabytes / 2 && !stopped) other.send_signal(SIGSTOP), stopped = true, given_up = 0;
      bool const went = co_await write_one(s);
      if (stopped && given_up >= 5) other.send_signal(SIGCONT);
      if (!went) continue;
      sent.add(text);
      ++i;
    }
    other.send_signal(SIGCONT);
    std::uint64_t const value = co_await other.hear();
    check(value == sent.value(), "a reader that was stopped got other bytes");
    try {
      co_await s.write(std::string_view(text).substr(0, 1000));
      co_await other.hear();
      other.send_signal(SIGKILL);
      bool const goes_on = true;
      while (goes_on) co_await s.write(text);
    } catch (std::system_error const& e) {
      last_error = e.code().value();
    }
    handled = true;
  };
  auto talk = [&](halka::server&) -> halka::task<> {
    while (!handled) co_await halka::sleep(1ms);
  };
  run_host(other, handler, talk, {.send_buffer = little_room});
  check(given_up >= 5, "no write had to wait for a reader that was stopped");
  check(last_error == ECONNRESET || last_error == EPIPE, "the death of a peer was told as error " + std::to_string(last_error));
  return figures("%llu MiB to a reader that was stopped, %llu writes given up meanwhile, nothing torn; then it was killed: %s",
                 number(megabytes), number(given_up), std::generic_category().message(last_error).c_str());
}

// -- given up in the middle of a write

namespace {

/// Reads nothing; then half of the connections read all, and half are closed. Others are there until the program has ended its
/// loop.
void refuse_to_read(std::uint64_t count, std::uint16_t port, opponent_line const& line) {
  std::vector<descriptor> sockets;
  std::string text(portion, '\0');
  line.hear();
  for (std::uint64_t i = 0; i < count; ++i) sockets.push_back(connect_to(port, little_room));
  line.meet();
  std::string const wanted = halka::test::noise(portion);
  for (std::uint64_t i = 0; i < count; i += 2) {
    read_all(sockets[i].get(), text.data(), text.size());
    check(text == wanted, "what was given up half way came torn");
    check(::read(sockets[i].get(), text.data(), 1) == 0, "there was more than one message");
  }
  sockets.clear();
  line.meet();
  for (std::uint64_t i = 0; i < count; ++i) sockets.push_back(connect_to(port, little_room));
  line.meet();
}

}  // namespace

std::string meet_abandoned(std::uint64_t connections) {
  opponent other([&](std::uint16_t port, opponent_line const& line) { refuse_to_read(connections, port, line); });
  std::string const text = halka::test::noise(portion);
  std::uint64_t given_up = 0;
  auto handler = [&](halka::stream s) -> halka::task<> {
    try {
      co_await halka::wait_for(s.write(text), 5ms);
    } catch (halka::timeout_error const&) {
      ++given_up;
    }
    check(s.statistics().unsent > 0, "nothing was left to be sent");
  };
  auto talk = [&](halka::server& srv) -> halka::task<> {
    std::size_t const before = halka::test::open_descriptors();
    other.tell(0);
    co_await other.hear();
    while (given_up < connections) co_await halka::sleep(1ms);
    co_await until_connections(srv, 0);
    std::size_t const now = halka::test::open_descriptors();
    check(now == before + connections,
          std::to_string(before) + " descriptors before, " + std::to_string(now) + " while messages wait");
    other.tell(0);
    co_await other.hear();
    while (halka::test::open_descriptors() > before) co_await halka::sleep(1ms);
    other.tell(0);
    co_await other.hear();
    while (given_up < 2 * connections) co_await halka::sleep(1ms);
  };
  run_host(other, handler, talk, {.send_buffer = little_room});  // ends, although nobody reads
  other.tell(0);
  other.end();
  return figures(
      "%llu writes given up half way to clients that did not read: whole when read later, gone with the client or the loop",
      number(given_up));
}

}  // namespace soak
