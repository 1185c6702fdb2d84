// SPDX-License-Identifier: MIT
// The first Ctrl-C cancels the main task, which cleans up as after any cancellation; `run` then throws keyboard_interrupt. A second
// Ctrl-C would end the process at once. Press it, or wait a second: the program then does it itself.
//
// Run it: build/release/examples/ctrl_c
#include <halka/halka.hpp>

#include <csignal>
#include <cstdio>

using namespace std::chrono_literals;

halka::task<> impatient_user() {
  co_await halka::sleep(1s);
  std::raise(SIGINT);
}

halka::task<> async_main() {
  auto const user = halka::spawn(impatient_user);
  std::puts("working, press Ctrl-C");
  try {
    co_await halka::sleep(1h);
  } catch (halka::cancelled_error const&) {
    std::puts("cleaning up");
    user.cancel();
    throw;
  }
}

int main() {
  try {
    halka::run(async_main());
  } catch (halka::keyboard_interrupt const& e) {
    std::puts(e.what());
  }
}
