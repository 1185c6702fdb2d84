// SPDX-License-Identifier: MIT
// expect: ignoring return(ed)? value.*nodiscard.*must co_await generator.next
#include <halka/halka.hpp>

halka::async_generator<int> numbers();

halka::task<> caller() {
  auto generator = numbers();
#ifdef HALKA_CONTROL
  co_await generator.next();
#else
  generator.next();
#endif
  co_return;
}
