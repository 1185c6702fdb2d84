// SPDX-License-Identifier: MIT
// expect: no matching function for call
#include <halka/halka.hpp>

#ifdef HALKA_CONTROL
halka::task<> async_main();
#else
void async_main();
#endif

int main() { halka::run(async_main); }
