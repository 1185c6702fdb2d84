// SPDX-License-Identifier: MIT
#include "io_backend.hpp"

#include <stdexcept>
#include <string>

namespace halka {

io_backend& io_backend::of(event_loop& loop) {
  if (void* const self = loop.outside().operations()) return *static_cast<io_backend*>(self);
  throw std::logic_error("this loop runs on '" + std::string(loop.outside().name()) + "', which performs no input and output");
}

}  // namespace halka
