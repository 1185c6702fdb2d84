// SPDX-License-Identifier: MIT
#include "resolve.hpp"

#include "../../io/operation_awaiter.hpp"
#include "../to_thread.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <algorithm>
#include <cctype>
#include <cerrno>
#include <memory>
#include <optional>
#include <stdexcept>

namespace halka {

namespace {

class category final : public std::error_category {
 public:
  char const* name() const noexcept override { return "resolve"; }
  std::string message(int code) const override { return gai_strerror(code); }
};

[[noreturn]] void throw_resolve_error(int code, std::string const& what) {
  if (code == EAI_SYSTEM) detail::throw_io_error(errno, what);
  throw std::system_error(code, resolve_category(), what);
}

bool is_number(std::string const& text) noexcept {
  return std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c); });
}

/// What was asked for, as the error names it.
std::string question(std::string const& host, std::string const& service) {
  return "resolve " + (host.empty() ? "this machine" : host) + (is_number(service) ? "" : " port " + service);
}

/// Runs on a worker thread. An empty host or service is none.
std::vector<socket_address> look_up(std::string const& host, std::string const& service, resolve_options options) {
  if ((host + service).find('\0') != std::string::npos) throw std::invalid_argument("resolve: a name with a zero character in it");
  addrinfo hints{};
  hints.ai_family = io::to_system(options.family);
  hints.ai_socktype = options.kind == io::socket_kind::stream ? SOCK_STREAM : SOCK_DGRAM;
  hints.ai_flags = options.passive ? AI_PASSIVE : 0;
  addrinfo* list = nullptr;
  int const code = getaddrinfo(host.empty() ? nullptr : host.c_str(), service.empty() ? nullptr : service.c_str(), &hints, &list);
  if (code != 0) throw_resolve_error(code, question(host, service));
  std::unique_ptr<addrinfo, void (*)(addrinfo*)> const owner(list, freeaddrinfo);
  std::vector<socket_address> addresses;
  for (addrinfo const* entry = list; entry; entry = entry->ai_next) {
    socket_address const address(entry->ai_addr, entry->ai_addrlen);
    if (address.is_ip() && std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
  }
  if (addresses.empty()) throw_resolve_error(EAI_NONAME, question(host, service));
  return addresses;
}

bool wants(resolve_options const& options, socket_address const& address) noexcept {
  return options.family == address_family::any || io::to_system(options.family) == address.family();
}

std::vector<socket_address> this_machine(std::uint16_t port, resolve_options const& options) {
  // In the resolver's own order. Who listens takes both or the one that the system has.
  std::vector<socket_address> addresses;
  if (options.passive)
    addresses = {socket_address::ip("0.0.0.0", port), socket_address::ip("::", port)};
  else
    addresses = {socket_address::ip("::1", port), socket_address::ip("127.0.0.1", port)};
  std::erase_if(addresses, [&](socket_address const& a) { return !wants(options, a); });
  return addresses;
}

/// The address that stands in the text, if it can be told without the resolver.
std::optional<socket_address> numeric(std::string const& host, std::uint16_t port) {
  bool const plausible =
      host.find(':') != std::string::npos || std::ranges::all_of(host, [](unsigned char c) { return std::isdigit(c) || c == '.'; });
  if (!plausible) return std::nullopt;
  try {
    return socket_address::ip(host, port);
  } catch (std::invalid_argument const&) {
    return std::nullopt;  // another spelling, such as "127.1": the resolver knows
  }
}

void check(std::string const& name) {
  if (name.find('\0') != std::string::npos)
    throw std::invalid_argument("resolve: a name with a zero character in it: '" + std::string(name.c_str()) + "...'");
}

}  // namespace

std::error_category const& resolve_category() noexcept {
  static category const instance;
  return instance;
}

task<std::vector<socket_address>> resolve(std::string host, std::uint16_t port, resolve_options options) {
  check(host);
  if (host.empty()) co_return this_machine(port, options);
  if (auto const address = numeric(host, port)) {
    if (!wants(options, *address)) throw_resolve_error(EAI_ADDRFAMILY, question(host, {}));
    std::vector<socket_address> only(1, *address);
    co_return only;
  }
  std::vector<socket_address> addresses = co_await to_thread(look_up, std::move(host), std::to_string(port), options);
  co_return addresses;
}

task<std::vector<socket_address>> resolve(std::string host, std::string service, resolve_options options) {
  check(host);
  check(service);
  std::vector<socket_address> addresses = co_await to_thread(look_up, std::move(host), std::move(service), options);
  co_return addresses;
}

}  // namespace halka
