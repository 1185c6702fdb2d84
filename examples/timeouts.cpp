// SPDX-License-Identifier: MIT
// Deadlines compose with everything: `wait_for` puts one on an awaitable, `timeout` on a block, which may move it.
//
// Run it: build/release/examples/timeouts
#include <halka/halka.hpp>

#include <cstdio>

using namespace std::chrono_literals;

halka::task<> slow() { co_await halka::sleep(10s); }

halka::task<> download() {
  co_await halka::timeout(100ms, [](halka::timeout_scope& scope) -> halka::task<> {
    for (int part = 1; part <= 3; ++part) {
      co_await halka::sleep(80ms);
      std::printf("part %d\n", part);
      scope.reschedule(halka::clock::now() + 100ms);  // as long as something comes, go on
    }
  });
}

halka::task<> async_main() {
  try {
    co_await halka::wait_for(slow(), 200ms);
  } catch (halka::timeout_error const&) {
    std::puts("too slow");
  }
  co_await download();
  std::puts("downloaded");
}

int main() { halka::run(async_main()); }
