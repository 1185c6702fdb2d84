// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/unique_fd.hpp"
#include "../message/message_reader.hpp"

#include <string>

namespace halka::detail {

/// The next value of a message, which is a descriptor of what `owner` names. *Errors*: `message_error` if it is none.
inline unique_fd take_descriptor(message_reader& in, char const* owner) {
  unique_fd fd;
  in(fd);
  if (!fd) throw message_error(std::string("the message is garbled: a ") + owner + " without its descriptors");
  return fd;
}

}  // namespace halka::detail
