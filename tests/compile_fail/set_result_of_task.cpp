// SPDX-License-Identifier: MIT
// expect: no member named .set_result
#include <halka/halka.hpp>

#ifdef HALKA_CONTROL
void caller(halka::future<int> f) { f.set_result(1); }
#else
void caller(halka::task_handle<int> t) { t.set_result(1); }
#endif
