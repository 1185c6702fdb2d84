// SPDX-License-Identifier: MIT
// expect: pass a std::string or a std::vector
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
  send([](std::vector<int> const& v) { return v.size(); }, std::vector<int>());
#else
  send([](std::span<int> s) { return s.size(); }, std::span<int>());
#endif
}
