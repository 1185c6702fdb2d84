// SPDX-License-Identifier: MIT
#pragma once

#include <halka/runtime/message/message_types.hpp>

#include <unistd.h>

#include <vector>

namespace halka::test {

/// What an object is in a process that gets it as an argument: made of its descriptors only.
template <class T>
T passed(T const& object) {
  message_writer out;
  out(object);
  std::vector<unique_fd> descriptors;
  for (int const fd : out.descriptors()) descriptors.emplace_back(dup(fd));
  message_reader in(out.bytes(), descriptors);
  T other;
  in(other);
  return other;
}

}  // namespace halka::test
