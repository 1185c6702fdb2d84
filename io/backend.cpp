// SPDX-License-Identifier: MIT
#include "backend.hpp"

#include <stdexcept>
#include <string>

namespace halka {

backend& backend::of(event_loop& loop) {
  if (void* const self = loop.outside().operations()) return *static_cast<backend*>(self);
  throw std::logic_error("this loop runs on '" + std::string(loop.outside().name()) + "', which performs no input and output");
}

}  // namespace halka
