// SPDX-License-Identifier: MIT
// expect: this type cannot be awaited
#include <halka/halka.hpp>

halka::task<> work();
struct number {
  int value;
};

halka::task<> caller(number n) {
#ifdef HALKA_CONTROL
  static_cast<void>(n);
  co_await work();
#else
  co_await n;
#endif
}
