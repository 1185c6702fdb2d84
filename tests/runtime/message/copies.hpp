// SPDX-License-Identifier: MIT
#pragma once

#include <halka/runtime/message/message_types.hpp>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace halka::test {

/// The bytes of a message with the values.
template <class... Ts>
std::vector<std::byte> message_of(Ts const&... values) {
  message_writer out;
  out(values...);
  return {out.bytes().begin(), out.bytes().end()};
}

/// What another process gets when it is sent the value.
template <class T>
T received(T const& value) {
  message_writer out;
  out(value);
  message_reader in(out.bytes());
  T copy{};
  in(copy);
  if (in.remaining() != 0) throw message_error("not all was read");
  return copy;
}

}  // namespace halka::test
