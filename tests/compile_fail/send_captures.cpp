// SPDX-License-Identifier: MIT
// expect: captures cannot be sent to another process: pass them as arguments
#include <halka/halka.hpp>

#include <span>
#include <stop_token>
#include <string>
#include <vector>

template <class F, class... Args>
void send(F f, Args... args) {
  halka::message_writer out;
  halka::remote_call<F, Args...>::write(out, f, args...);
}

void caller(int n) {
#ifdef HALKA_CONTROL
  send([](int m, int i) { return m + i; }, n, 1);
#else
  send([n](int i) { return n + i; }, 1);
#endif
}
