// SPDX-License-Identifier: MIT
// expect: ignoring return(ed)? value.*nodiscard.*must co_await it
#include <halka/halka.hpp>

halka::task<> caller(halka::queue<int>& q) {
#ifdef HALKA_CONTROL
  co_await q.put(1);
#else
  q.put(1);
  co_return;
#endif
}
