// SPDX-License-Identifier: MIT
// Crowds: more clients than there are descriptors, thousands that do nothing, and attackers around a client that behaves.
#include "../../support/fixture.hpp"
#include "../random_source.hpp"
#include "host.hpp"
#include "scenarios.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace soak {

namespace {

using namespace std::chrono_literals;
using halka::test::descriptor;

constexpr std::size_t spare = 100;  // descriptors beside the connections
constexpr double hardly_any = 0.2;  // processor time of a loop that has nothing to do, of one second

/// The number of a client, there and back.
void answer_is(descriptor const& s, std::uint64_t expected) {
  std::uint64_t answer = 0;
  read_all(s.get(), reinterpret_cast<char*>(&answer), sizeof answer);
  check(answer == expected, "a client got another one's answer");
}

void ask(descriptor const& s, std::uint64_t n) { send_all(s.get(), reinterpret_cast<char const*>(&n), sizeof n); }

/// Sends numbers back until the client goes.
halka::task<> send_numbers_back(halka::stream s, std::uint64_t& answered) {
  std::string request = co_await s.read(sizeof(std::uint64_t));
  while (!request.empty()) {
    co_await s.write(request);
    ++answered;
    request = co_await s.read(sizeof(std::uint64_t));
  }
}

}  // namespace

// -- more than there are descriptors

namespace {

constexpr std::size_t room = 60;  // descriptors for the server's connections

/// Lowers the limit while it lives.
class descriptor_limit {
 public:
  explicit descriptor_limit(std::size_t most) {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit const lower{.rlim_cur = most, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &lower);
  }
  descriptor_limit(descriptor_limit const&) = delete;
  descriptor_limit& operator=(descriptor_limit const&) = delete;
  ~descriptor_limit() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

/// All connect and ask, and go when they have their answer; none is answered late for want of reading.
void flood(std::uint64_t count, std::uint16_t port, opponent_line const& line) {
  halka::test::raise_descriptor_limit(count + spare);
  std::vector<descriptor> sockets;
  std::vector<pollfd> waiting;
  for (std::uint64_t i = 0; i < count; ++i) {
    sockets.push_back(connect_to(port));
    ask(sockets.back(), i);
    waiting.push_back({.fd = sockets.back().get(), .events = POLLIN, .revents = 0});
  }
  line.meet();
  for (std::uint64_t left = count; left > 0;) {
    poll(waiting.data(), waiting.size(), -1);
    for (std::uint64_t i = 0; i < count; ++i) {
      if (waiting[i].revents == 0) continue;
      answer_is(sockets[i], i);
      sockets[i].close();
      waiting[i] = {.fd = -1, .events = 0, .revents = 0};
      --left;
    }
  }
  descriptor const late = connect_to(port);
  ask(late, count);
  answer_is(late, count);
  line.tell(count + 1);
}

}  // namespace

namespace {

std::string meet_flood_at(bool handed_over, std::uint64_t clients) {
  opponent other([&](std::uint16_t port, opponent_line const& line) { flood(clients, port, line); });
  halka::test::captured_reports const reports;
  std::uint64_t answered = 0;
  std::uint64_t pauses = 0;
  double busy = 0;
  auto handler = [&](halka::stream s) { return send_numbers_back(std::move(s), answered); };
  auto talk = [&](halka::server& srv) -> halka::task<> {
    co_await other.hear();
    while (srv.statistics().pauses < 2) co_await halka::sleep(1ms);
    check(answered < clients, "there was no flood");
    double const before = processor_time();
    co_await halka::sleep(500ms);
    busy = 2 * (processor_time() - before);
    other.tell(0);
    std::uint64_t const told = co_await other.hear();
    check(told == clients + 1 && answered == told, "not all clients were answered");
    pauses = srv.statistics().pauses;
  };
  {
    std::size_t const most = halka::test::open_descriptors() + room;
    descriptor_limit const lowered(most);
    run_host(other, handler, talk, {}, handed_over);
  }
  other.end();
  check(sanitized || busy < hardly_any, figures("a server without descriptors used %.0f %% of a processor", 100 * busy));
  check(reports.count("cannot accept connections and waits") == 1 && reports.texts().size() == 1, "not one report of the flood");
  return figures(
      "%llu clients and %zu descriptors: one report, %llu pauses, %.1f %% of a processor while nothing could be accepted, all "
      "answered",
      number(clients), room, number(pauses), 100 * busy);
}

}  // namespace

std::string meet_flood(std::uint64_t clients) {
  if (sanitized) return "left out: the sanitizer of undefined behaviour looks at objects through pipes";
  meet_flood_at(true, clients);
  return meet_flood_at(false, clients);
}

// -- thousands that do nothing

namespace {

void idle(std::uint64_t count, std::uint16_t port, opponent_line const& line) {
  halka::test::raise_descriptor_limit(count + spare);
  std::vector<descriptor> sockets;
  for (std::uint64_t i = 0; i < count; ++i) sockets.push_back(connect_to(port));
  line.meet();
  for (std::uint64_t i = 0; i < count; ++i) ask(sockets[i], i);
  for (std::uint64_t i = 0; i < count; ++i) answer_is(sockets[i], i);
  line.meet();
}

}  // namespace

std::string meet_idle(std::uint64_t connections) {
  opponent other([&](std::uint16_t port, opponent_line const& line) { idle(connections, port, line); });
  halka::test::raise_descriptor_limit(connections + spare);
  std::uint64_t answered = 0;
  std::size_t memory = 0;
  double busy = 0;
  std::chrono::duration<double> all_answered{};
  auto handler = [&](halka::stream s) { return send_numbers_back(std::move(s), answered); };
  auto talk = [&](halka::server& srv) -> halka::task<> {
    std::size_t const before = resident_memory();
    co_await other.hear();
    co_await until_connections(srv, connections);
    memory = resident_memory() - std::min(before, resident_memory());
    double const used = processor_time();
    co_await halka::sleep(1s);
    busy = processor_time() - used;
    auto const begin = halka::clock::now();
    other.tell(0);
    co_await other.meet();
    all_answered = halka::clock::now() - begin;
    check(answered == connections, "not all that had been idle were answered");
    co_await until_connections(srv, 0);
  };
  run_host(other, handler, talk);
  other.end();
  check(sanitized || busy < hardly_any, figures("idle connections used %.0f %% of a processor", 100 * busy));
  return figures("%llu connections: %.2f KiB of memory each, %.1f %% of a processor while idle, then all answered in %.0f ms",
                 number(connections), static_cast<double>(memory) / static_cast<double>(connections), 100 * busy,
                 all_answered.count() * 1000);
}

// -- attackers, and one that behaves

namespace {

/// Sends what it can without waiting; a connection that was closed is replaced.
void pester(descriptor& s, std::uint16_t port, std::string const& text) {
  if (s.get() >= 0 && (::send(s.get(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 || errno == EAGAIN)) return;
  s.close();
  s = connect_to(port);
}

/// Connections that come and go, lines without an end, bytes one at a time, requests whose answers nobody reads. Until it is
/// killed.
void attack(std::uint16_t port) {
  constexpr std::size_t of_each = 20;
  std::array<std::string, 3> const texts = {std::string(16'384, 'x'), std::string("y"), std::string(1000, 'z') + '\n'};
  std::array<std::vector<descriptor>, 3> sockets;
  for (auto& list : sockets) list.resize(of_each);
  bool const for_ever = true;
  while (for_ever) {
    for (std::size_t i = 0; i < of_each; ++i) {
      descriptor brief = connect_to(port);
      if (i % 2 == 0) will_reset(brief.get());
      for (std::size_t kind = 0; kind < texts.size(); ++kind) pester(sockets[kind][i], port, texts[kind]);
    }
  }
}

/// Asks and measures. Every tenth time on a new connection.
void behave(std::uint64_t requests, std::uint16_t port, opponent_line const& line) {
  using clock = std::chrono::steady_clock;
  std::vector<std::uint64_t> took;
  std::string const request = std::string(100, 'r') + '\n';
  std::string answer = request;
  descriptor s;
  for (std::uint64_t i = 0; i < requests; ++i) {
    auto const begin = clock::now();
    if (i % 10 == 0) s = connect_to(port);
    send_all(s.get(), request.data(), request.size());
    read_all(s.get(), answer.data(), answer.size());
    check(answer == request, "the answer is another one");
    took.push_back(static_cast<std::uint64_t>((clock::now() - begin) / 1us));
  }
  std::ranges::sort(took);
  for (std::size_t const percent : {std::size_t{50}, std::size_t{99}, std::size_t{100}})
    line.tell(took[std::min(took.size() - 1, took.size() * percent / 100)]);
}

struct sent_away {
  std::uint64_t slow = 0;
  std::uint64_t too_long = 0;
  std::uint64_t gone = 0;
};

halka::task<> answer_lines(halka::stream& s) {
  std::string line = co_await halka::wait_for(s.read_line(), 1s);
  while (!line.empty()) {
    co_await halka::wait_for(s.write(line), 1s);
    line = co_await halka::wait_for(s.read_line(), 1s);
  }
}

halka::task<> answer_lines_of_anybody(halka::stream s, sent_away& count) {
  try {
    co_await answer_lines(s);
  } catch (halka::timeout_error const&) {
    ++count.slow;
    s.abort();
  } catch (halka::limit_overrun_error const&) {
    ++count.too_long;
  } catch (std::system_error const& e) {
    if (e.code().value() != ECONNRESET && e.code().value() != EPIPE) throw;
    ++count.gone;
  }
}

}  // namespace

std::string meet_attack(std::uint64_t requests) {
  opponent attacker([](std::uint16_t port, opponent_line const&) { attack(port); });
  opponent good([&](std::uint16_t port, opponent_line const& line) { behave(requests, port, line); });
  sent_away count;
  std::uint64_t accepted = 0;
  std::array<std::uint64_t, 3> took{};
  auto handler = [&](halka::stream s) { return answer_lines_of_anybody(std::move(s), count); };
  auto talk = [&](halka::server& srv) -> halka::task<> {
    while (srv.statistics().accepted < 1000) co_await halka::sleep(1ms);
    good.begin(srv.port());
    for (std::uint64_t& t : took) t = co_await good.hear();
    attacker.send_signal(SIGKILL);
    accepted = srv.statistics().accepted;
  };
  run_host(attacker, handler, talk);
  good.end();
  return figures(
      "%llu requests among %llu hostile connections (%llu lines without end, %llu too slow, %llu gone): half within %.2f ms, 99 %% "
      "within %.1f ms, all within %.1f ms",
      number(requests), number(accepted), number(count.too_long), number(count.slow), number(count.gone),
      static_cast<double>(took[0]) / 1000, static_cast<double>(took[1]) / 1000, static_cast<double>(took[2]) / 1000);
}

}  // namespace soak
