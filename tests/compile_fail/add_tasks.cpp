// SPDX-License-Identifier: MIT
// expect: no match for .operator\+|invalid operands to binary expression
// A coroutine that forgets to await the coroutines it calls.
#include <halka/halka.hpp>

halka::task<long> fib(int n) {
  if (n <= 1) co_return n;
#ifdef HALKA_CONTROL
  co_return co_await fib(n - 1) + co_await fib(n - 2);
#else
  co_return fib(n - 1) + fib(n - 2);
#endif
}
