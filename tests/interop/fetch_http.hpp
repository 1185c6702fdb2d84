// SPDX-License-Identifier: MIT
#pragma once

#include <halka/halka.hpp>

#include <cstdint>
#include <string>

namespace interop {

/// The body behind a path of the HTTP server at 127.0.0.1:port. *Errors*: `std::runtime_error` for another answer than 200.
halka::task<std::string> fetch(std::uint16_t port, std::string path);

/// The same several times over one connection; the bodies must be equal.
halka::task<> fetch_again_and_again(std::uint16_t port, std::string path, int times);

/// The same over several connections, of which all are open at the same time.
halka::task<> fetch_at_once(std::uint16_t port, std::string path, int connections);

}  // namespace interop
