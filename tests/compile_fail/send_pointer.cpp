// SPDX-License-Identifier: MIT
// expect: pass the value itself
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

void caller() {
#ifdef HALKA_CONTROL
  send([](int i) { return i; }, 1);
#else
  send([](int* p) { return *p; }, static_cast<int*>(nullptr));
#endif
}
