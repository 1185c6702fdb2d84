// SPDX-License-Identifier: MIT
// expect: ignoring return(ed)? value.*nodiscard.*the call is made when it is awaited
#include <halka/halka.hpp>

int compute();

halka::task<> caller() {
#ifdef HALKA_CONTROL
  co_await halka::to_thread(compute);
#else
  halka::to_thread(compute);
#endif
  co_return;
}
