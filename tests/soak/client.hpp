// SPDX-License-Identifier: MIT
#pragma once

#include <halka/halka.hpp>

#include <cstddef>
#include <cstdint>

namespace soak {

/// How connections have ended.
struct tally {
  std::size_t echoed = 0;
  std::size_t half_closed = 0;
  std::size_t dribbled = 0;
  std::size_t reset = 0;
  std::size_t vanished = 0;
  std::size_t cut = 0;
  std::size_t all() const noexcept { return echoed + half_closed + dribbled + reset + vanished + cut; }
};

/// One connection, of a kind that follows from the seed. Throws if it went otherwise than it should.
halka::task<> be_client(std::uint16_t port, std::uint64_t seed, halka::semaphore& at_once, tally& done);

}  // namespace soak
