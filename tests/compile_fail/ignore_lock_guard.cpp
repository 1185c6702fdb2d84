// SPDX-License-Identifier: MIT
// expect: ignoring return(ed)? value.*nodiscard.*the lock is released
// only: defined(__clang__)
#include <halka/halka.hpp>

halka::task<> caller(halka::lock& l) {
#ifdef HALKA_CONTROL
  auto const held = co_await l.hold();
#else
  co_await l.hold();
#endif
}
