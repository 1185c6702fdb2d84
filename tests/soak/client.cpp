// SPDX-License-Identifier: MIT
#include "client.hpp"

#include "random_source.hpp"
#include "rolling_hash.hpp"
#include "service.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

namespace soak {

namespace {

constexpr unsigned size_bits = 15;

std::string random_text(random_source& random, std::size_t size) {
  std::string text(size, '\0');
  random.fill(text);
  return text;
}

halka::task<> ask(halka::stream& s, request wanted) { co_await s.write({&wanted, 1}); }

/// Sends and reads the same again, a few times.
halka::task<> echo(halka::stream& s, random_source& random) {
  co_await ask(s, request::echo);
  for (std::uint64_t turns = 1 + random.below(4); turns > 0; --turns) {
    std::string const text = random_text(random, random.size(size_bits));
    co_await s.write(text);
    std::string const answer = co_await s.read_exactly(text.size());
    if (answer != text) throw std::runtime_error("an echo differs from what was sent");
  }
}

/// Sends and ends its output; the echo must still come, and then the end.
halka::task<> half_close(halka::stream& s, random_source& random) {
  co_await ask(s, request::echo);
  std::string const text = random_text(random, random.size(size_bits));
  co_await s.write(text);
  co_await s.write_eof();
  std::string const answer = co_await s.read_all();
  if (answer != text) throw std::runtime_error("half closed, an echo differs from what was sent");
}

/// Byte after byte, with passes of the loop in between.
halka::task<> dribble(halka::stream& s, random_source& random) {
  co_await ask(s, request::echo);
  std::string const text = random_text(random, 1 + random.below(20));
  for (char const& byte : text) {
    co_await s.write({&byte, 1});
    for (std::uint64_t passes = random.below(4); passes > 0; --passes) co_await halka::yield_now();
  }
  std::string const answer = co_await s.read_exactly(text.size());
  if (answer != text) throw std::runtime_error("dribbled, an echo differs from what was sent");
}

/// Resets the connection, or asks the server to.
halka::task<> reset(halka::stream& s, random_source& random) {
  bool const self = random.one_in(2);
  co_await ask(s, self ? request::listen : request::reset);
  if (self) {
    std::string const text = random_text(random, random.size(size_bits));
    co_await s.write(text);
    s.abort();
    co_return;
  }
  int error = 0;
  try {
    co_await s.read(1);
  } catch (std::system_error const& e) {
    error = e.code().value();
  }
  if (error != ECONNRESET) throw std::runtime_error("a reset came as error " + std::to_string(error));
}

/// Goes without having read what was sent.
halka::task<> vanish(halka::stream& s, random_source& random) {
  if (random.one_in(3)) co_return;
  co_await ask(s, request::pour);
  if (random.one_in(2)) co_return;
  co_await s.read_exactly(random.size(size_bits));
}

/// Reads until the server has had enough.
halka::task<> be_cut(halka::stream& s) {
  co_await ask(s, request::cut);
  try {
    co_await s.read_all();
  } catch (std::system_error const& e) {
    if (e.code().value() == ECONNRESET) co_return;
    throw;
  }
  throw std::runtime_error("a reset came as an end of input");
}

/// Gives up connecting. The connection may stand already, and then it ends at once.
halka::task<> give_up_connecting(std::string host, std::uint16_t port, random_source& random) {
  try {
    halka::stream const s = co_await halka::wait_for(halka::open_connection(std::move(host), port), random.moment());
  } catch (halka::timeout_error const&) {
  }
}

}  // namespace

halka::task<> be_client(std::uint16_t port, std::uint64_t seed, halka::semaphore& at_once, tally& done) {
  auto const permit = co_await at_once.hold();
  random_source random(seed);
  // Addresses of many connections: the ports of one are not enough while the kernel remembers old ones.
  std::string const host = "127.0.0." + std::to_string(1 + random.below(32));
  std::uint64_t const kind = random.below(16);
  if (kind == 15) {
    co_await give_up_connecting(host, port, random);
    ++done.vanished;
    co_return;
  }
  halka::stream s = co_await halka::open_connection(host, port);
  if (kind < 5) {
    co_await echo(s, random);
    ++done.echoed;
  } else if (kind < 7) {
    co_await half_close(s, random);
    ++done.half_closed;
  } else if (kind < 9) {
    co_await dribble(s, random);
    ++done.dribbled;
  } else if (kind < 11) {
    co_await reset(s, random);
    ++done.reset;
  } else if (kind < 13) {
    co_await be_cut(s);
    ++done.cut;
  } else {
    co_await vanish(s, random);
    ++done.vanished;
  }
}

}  // namespace soak
