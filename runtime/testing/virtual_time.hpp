// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/clock.hpp"
#include "../../sched/event_loop.hpp"
#include "../../sched/export.hpp"

#include <chrono>

namespace halka::testing {

/// Moves the virtual clock of the running test on, as if so much time had passed; timers that become due fire in the next pass.
///
/// *Errors*: `std::logic_error` outside of a test with virtual time; `std::invalid_argument` for a negative duration.
HALKA_API void advance(clock::duration d);

/// Lets the virtual clock stand still while it lives: for work that a test waits for and that halka cannot see, such as a thread of
/// the test's own that will call `call_soon_threadsafe`.
///
/// *Thread safety*: the loop's thread only.
class HALKA_API clock_hold {
 public:
  /// Holds the clock of the running loop. *Errors*: `std::logic_error` outside of a loop.
  [[nodiscard("the clock goes on when this is destroyed")]] clock_hold();
  ~clock_hold();
  clock_hold(clock_hold const&) = delete;
  clock_hold& operator=(clock_hold const&) = delete;

 private:
  event_loop& loop_;
};

}  // namespace halka::testing
