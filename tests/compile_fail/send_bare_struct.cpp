// SPDX-License-Identifier: MIT
// expect: give it .* a member template<class Archive> void serialize
#include <halka/halka.hpp>

#include <span>
#include <stop_token>
#include <string>
#include <vector>

struct bare {
  int x;
};
struct complete {
  int x = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(x);
  }
};

template <class F, class... Args>
void send(F f, Args... args) {
  halka::message_writer out;
  halka::remote_call<F, Args...>::write(out, f, args...);
}

void caller() {
#ifdef HALKA_CONTROL
  send([](complete c) { return c.x; }, complete{1});
#else
  send([](bare b) { return b.x; }, bare{1});
#endif
}
