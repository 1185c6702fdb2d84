// SPDX-License-Identifier: MIT
// expect: ignoring return(ed)? value.*nodiscard.*must co_await sleep
#include <halka/halka.hpp>

using namespace std::chrono_literals;

halka::task<> caller() {
#ifdef HALKA_CONTROL
  co_await halka::sleep(1s);
#else
  halka::sleep(1s);
#endif
  co_return;
}
