// SPDX-License-Identifier: MIT
// expect: ignoring return(ed)? value.*nodiscard.*must co_await it
#include <halka/halka.hpp>

halka::task<> caller(halka::queue<int>& q) {
#ifdef HALKA_CONTROL
  co_await q.get();
#else
  q.get();
  co_return;
#endif
}
