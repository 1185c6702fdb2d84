// SPDX-License-Identifier: MIT
#include "io_backend.hpp"

#include <stdexcept>
#include <string>

namespace halka {

io_backend& io_backend::of(event_loop& loop) {
  if (void* const self = loop.outside().operations()) return *static_cast<io_backend*>(self);
  throw std::logic_error("this loop runs on '" + std::string(loop.outside().name()) + "', which performs no input and output");
}

backend_choice io_backend::choice() {
  if (choice_.reason.empty()) return {backend_kind::automatic, name(), "the program brought it"};
  return choice_;
}

}  // namespace halka
