// SPDX-License-Identifier: MIT
#pragma once

#include "direction.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace soak {

enum class transport { tcp, unix_socket, pipe };

/// A stream from a client to a server, with traffic in both directions; of a pipe only the first.
struct lane {
  transport kind = transport::tcp;
  bool small_buffers = false;
  direction up;
  direction down;
};

/// So many lanes of all kinds, which together carry `bytes`.
std::vector<std::unique_ptr<lane>> make_lanes(unsigned count, std::uint64_t bytes, std::uint64_t seed);

/// Carries everything over connections to servers of its own, and through pipes. Throws when anything is wrong.
halka::task<> carry(std::vector<std::unique_ptr<lane>> const& lanes);

}  // namespace soak
