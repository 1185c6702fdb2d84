// SPDX-License-Identifier: MIT
// expect: cancelling the call kills its worker
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
  send([](std::stop_token, int i) { return i; }, 1);
#endif
}
