// SPDX-License-Identifier: MIT
#pragma once

#include <halka/halka.hpp>

#include <cstddef>
#include <cstdint>

namespace soak {

/// What a client asks of the server, by the first byte that it sends.
enum class request : char {
  echo = 'e',    // send back all until the end of input
  pour = 'p',    // send without end
  reset = 'r',   // reset the connection
  listen = 'l',  // read, and say nothing
  cut = 'c',     // greet, and reset the connection a moment later
};

/// A server that does what clients ask for, and takes it calmly when they go.
class service {
 public:
  halka::task<> start();
  halka::task<> stop();

  std::uint16_t port() const noexcept { return server_.port(); }
  std::size_t connections() const noexcept { return server_.statistics().connections; }
  std::uint64_t accepted() const noexcept { return server_.statistics().accepted; }

 private:
  halka::server server_;
};

}  // namespace soak
