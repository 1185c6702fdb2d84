// SPDX-License-Identifier: MIT
// Addresses: text that is no address is refused, what is accepted means the same when it is written and read again, and no bytes
// from the kernel are too strange to be told.
#include "input.hpp"

#include <halka/io/signal_name.hpp>
#include <halka/io/socket_address.hpp>
#include <halka/sched/schedule_fuzz.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <stdexcept>

namespace halka::fuzz {

namespace {

std::optional<socket_address> parse(std::string const& text, std::uint16_t port) {
  try {
    return socket_address::ip(text, port);
  } catch (std::invalid_argument const&) {
    return std::nullopt;
  }
}

/// Digits and dots as RFC 6943 calls strict: four numbers below 256 without leading zeros.
bool is_ipv4(std::string_view text) {
  int numbers = 0;
  while (true) {
    std::size_t const end = std::min(text.find('.'), text.size());
    std::string_view const part = text.substr(0, end);
    if (part.empty() || part.size() > 3 || (part.size() > 1 && part.front() == '0')) return false;
    unsigned value = 0;
    for (char const c : part) {
      if (c < '0' || c > '9') return false;
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
    if (value > 255) return false;
    ++numbers;
    if (end == text.size()) return numbers == 4;
    text.remove_prefix(end + 1);
  }
}

void check_ip(input& in) {
  auto const port = static_cast<std::uint16_t>(in.byte() << 8 | in.byte());
  std::string const text = in.rest();
  std::optional<socket_address> const address = parse(text, port);
  bool const v4 = address && address->family() == AF_INET;
  must(v4 == is_ipv4(text), "IPv4: " + text);
  if (!address) return;
  must(text.find_first_not_of("0123456789abcdefABCDEF:.%") == std::string::npos || text.find('%') != std::string::npos,
       "an address with strange characters: " + text);
  must(text.find('\0') == std::string::npos, "an address with a zero in it");
  must(address->is_ip() && address->is_set() && !address->is_unix() && address->port() == port, "what an IP address is");
  must(parse(address->host(), port) == address, "an address that is written and read again: " + address->host());
  std::string const expected =
      v4 ? address->host() + ":" + std::to_string(port) : "[" + address->host() + "]:" + std::to_string(port);
  must_equal(address->to_string(), expected, "an address as text");
  must(socket_address(address->data(), address->size()) == *address, "an address through the kernel");
}

void check_unix(input& in) {
  std::string const path = in.rest();
  bool const abstract = !path.empty() && path.front() == '\0';
  bool const good = !path.empty() && path.size() <= 107 && (abstract || path.find('\0') == std::string::npos);
  try {
    socket_address const address = socket_address::unix_path(path);
    must(good, "a path that is none was taken");
    must(address.is_unix() && !address.is_ip() && address.port() == 0, "what a unix address is");
    must_equal(address.to_string(), abstract ? "@" + path.substr(1) : path, "a path as text");
    must(address.size() <= sizeof(sockaddr_un), "the size of an address");
    must(socket_address(address.data(), address.size()) == address, "a path through the kernel");
  } catch (std::invalid_argument const&) {
    must(!good, "a path was refused");
  }
}

void check_raw(input& in) {
  // In memory of its own size, so that reading behind it is seen.
  std::string const raw = in.text(sizeof(sockaddr_storage));
  sockaddr_storage storage{};
  std::memcpy(&storage, raw.data(), raw.size());
  socket_address const address(reinterpret_cast<sockaddr const*>(&storage), raw.size());
  must(!address.to_string().empty() || address.is_unix(), "an address as text");
  must(address.size() <= raw.size(), "an address longer than it was");
  must(address == socket_address(address.data(), address.size()) || !address.is_set(), "an address copied");
}

void check_signal(input& in) {
  std::string const text = in.rest();
  try {
    int const number = signal_number(text);
    must(number > 0 && number < NSIG, "the number of a signal");
    must(signal_number(signal_name(number)) == number, "the name of a signal");
  } catch (std::invalid_argument const&) {
  }
}

/// The seed in the environment: decimal, octal, hexadecimal; nothing for nothing.
void check_seed(input& in) {
  std::string const text = in.text(40);
  if (text.find('\0') != std::string::npos) return;
  setenv("HALKA_FUZZ", text.c_str(), 1);
  try {
    std::optional<std::uint64_t> const seed = schedule_fuzz::seed_from_environment();
    must(seed.has_value() == !text.empty(), "a seed");
    if (seed) must(text.find_first_not_of("0123456789abcdefABCDEFxX") == std::string::npos, "no number was taken for one: " + text);
  } catch (std::invalid_argument const&) {
    must(!text.empty() && (text.size() > 19 || text.front() == '0' || text.find_first_not_of("0123456789") != std::string::npos),
         "a number was refused: " + text);
  }
  unsetenv("HALKA_FUZZ");
}

void run(bytes given) {
  input in(given);
  switch (in.below(5)) {
    case 0:
      return check_ip(in);
    case 1:
      return check_unix(in);
    case 2:
      return check_raw(in);
    case 3:
      return check_signal(in);
    default:
      return check_seed(in);
  }
}

target const registered("addresses", run);

}  // namespace

}  // namespace halka::fuzz
