// SPDX-License-Identifier: MIT
// expect: ignoring return(ed)? value.*nodiscard.*the call is made when it is awaited
#include <halka/halka.hpp>

int square(int x) { return x * x; }

halka::task<> caller(halka::process_pool& pool) {
#ifdef HALKA_CONTROL
  co_await pool.submit(square, 1);
#else
  pool.submit(square, 1);
  co_return;
#endif
}
