// SPDX-License-Identifier: MIT
// expect: ignoring return(ed)? value.*nodiscard.*the permit is given back
// only: defined(__clang__)
#include <halka/halka.hpp>

halka::task<> caller(halka::semaphore& s) {
#ifdef HALKA_CONTROL
  auto const held = co_await s.hold();
#else
  co_await s.hold();
#endif
}
