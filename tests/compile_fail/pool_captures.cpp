// SPDX-License-Identifier: MIT
// expect: captures cannot be sent to another process: pass them as arguments
#include <halka/halka.hpp>

halka::task<int> caller(halka::process_pool& pool, int n) {
#ifdef HALKA_CONTROL
  co_return co_await pool.submit([](int x) { return x + 1; }, n);
#else
  co_return co_await pool.submit([n] { return n + 1; });
#endif
}
