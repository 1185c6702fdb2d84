// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "semaphore.hpp"

#include <cstddef>

namespace halka {

/// A semaphore that never has more permits than it began with: `release` without an `acquire` is refused.
///
/// *Source*: asyncio.BoundedSemaphore.
class HALKA_API bounded_semaphore : public semaphore {
 public:
  /// *Errors*: `std::invalid_argument` for a negative number.
  explicit bounded_semaphore(std::ptrdiff_t permits = 1) : semaphore(permits, static_cast<std::size_t>(permits)) {}
};

}  // namespace halka
