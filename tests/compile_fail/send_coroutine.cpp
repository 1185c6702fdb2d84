// SPDX-License-Identifier: MIT
// expect: call halka::run inside
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
  send([] { return 1; });
#else
  send([]() -> halka::task<int> { co_return 1; });
#endif
}
