// SPDX-License-Identifier: MIT
// expect: ignoring return(ed)? value.*nodiscard.*must co_await it
#include <halka/halka.hpp>

halka::task<> caller(int fd) {
#ifdef HALKA_CONTROL
  co_await halka::readable(fd);
#else
  halka::readable(fd);
#endif
  co_return;
}
