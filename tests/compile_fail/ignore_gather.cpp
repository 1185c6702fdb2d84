// SPDX-License-Identifier: MIT
// expect: ignoring return(ed)? value.*nodiscard
#include <halka/halka.hpp>

halka::task<> work();

halka::task<> caller() {
#ifdef HALKA_CONTROL
  co_await halka::gather(work(), work());
#else
  halka::gather(work(), work());
#endif
  co_return;
}
