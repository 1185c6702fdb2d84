// SPDX-License-Identifier: MIT
#pragma once

// Descriptors of all kinds, as a dishonest process may send them.

#include "input.hpp"

#include <halka/io/unique_fd.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace halka::fuzz {

/// The descriptors of this process, as far as there are few.
std::size_t open_descriptors();

/// A connected pair that keeps the boundaries of messages and does not block.
struct packet_sockets {
  packet_sockets();
  unique_fd a, b;
};

class descriptor_maker {
 public:
  unique_fd make(input& in);
  std::vector<unique_fd> some(input& in, unsigned n);

 private:
  std::vector<unique_fd> others_;  // ends of pipes and sockets, which are not to see their end
};

}  // namespace halka::fuzz
