// SPDX-License-Identifier: MIT
// expect: ignoring return(ed)? value.*nodiscard.*a task does nothing until it is awaited
#include <halka/halka.hpp>

halka::task<> work();

halka::task<> caller() {
#ifdef HALKA_CONTROL
  co_await work();
#else
  work();
#endif
  co_return;
}
