// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/socket.hpp"
#include "../../io/socket_address.hpp"
#include "../../sched/export.hpp"
#include "../../sched/task.hpp"

#include <cstdint>
#include <string>
#include <system_error>
#include <vector>

namespace halka {

struct resolve_options {
  address_family family = address_family::any;
  bool passive = false;                            // an empty host means all addresses of this machine, to listen on
  io::socket_kind kind = io::socket_kind::stream;  // matters for the names of services
};

/// The category of the errors of `resolve`: getaddrinfo's codes.
HALKA_API std::error_category const& resolve_category() noexcept;

/// The addresses of a host, in the order in which they should be tried.
///
/// An address in numbers needs no look-up; for names the system's resolver is asked on a worker thread. An empty host is this
/// machine: the loopback addresses, or with `passive` all of them.
///
/// *Result*: at least one address, none twice, all with `port`.
/// *Errors*: `std::system_error` in `resolve_category()`: "resolve no.such.host: Name or service not known";
/// `std::invalid_argument` for a name with a zero character. *Cancellation*: the await ends at once; the look-up is left to finish
/// and its result dropped. *Source*: getaddrinfo(3), loop.getaddrinfo.
HALKA_API task<std::vector<socket_address>> resolve(std::string host, std::uint16_t port, resolve_options options = {});

/// The same with the name of a service, or a number, for the port: "https".
HALKA_API task<std::vector<socket_address>> resolve(std::string host, std::string service, resolve_options options = {});

}  // namespace halka
