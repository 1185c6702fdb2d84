// SPDX-License-Identifier: MIT
// expect: name the lambda first
// only: !defined(__clang__) && __GNUC__ < 13
#include <halka/halka.hpp>

#include <string>

halka::task<> caller(std::string greeting) {
#ifdef HALKA_CONTROL
  auto const handler = [greeting](halka::stream peer) -> halka::task<> { co_await peer.write(greeting); };
  halka::server server = co_await halka::start_server(handler, "", 0);
#else
  halka::server server =
      co_await halka::start_server([greeting](halka::stream peer) -> halka::task<> { co_await peer.write(greeting); }, "", 0);
#endif
  co_await server.serve_forever();
}
