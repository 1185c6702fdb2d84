// SPDX-License-Identifier: MIT
// Python:
//
//     import time
//     time.sleep(5)
//
// A blocking sleep inside a coroutine stops the whole loop; an awaited one stops only the coroutine. A ticker that wants to run
// every 100 ms shows the difference: one gap of 5 s, then none to speak of.
//
// Run it: ./dev demo a10_blocking_sleep        (takes 10 s)
#include <halka/halka.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

using namespace std::chrono_literals;
using seconds = std::chrono::duration<double>;

/// Notes the longest time between two ticks, until it is cancelled.
halka::task<> ticker(halka::clock::duration& longest) {
  auto last = halka::clock::now();
  while (true) {
    co_await halka::sleep(100ms);
    auto const now = halka::clock::now();
    longest = std::max(longest, now - last);
    last = now;
  }
}

halka::task<> block(std::chrono::milliseconds pause) {
  std::this_thread::sleep_for(pause);  // time.sleep(5)
  co_await halka::sleep(100ms);        // the ticker notes it
}

halka::task<> suspend(std::chrono::milliseconds pause) { co_await halka::sleep(pause); }

halka::task<> watch(char const* what, halka::task<> work) {
  halka::clock::duration longest{};
  co_await halka::race(ticker(longest), std::move(work));
  std::printf("%s longest gap between two ticks: %.1f s\n", what, seconds(longest).count());
}

halka::task<> async_main(std::chrono::milliseconds pause = 5s) {
  co_await watch("this_thread::sleep_for(5s)", block(pause));
  co_await watch("co_await halka::sleep(5s) ", suspend(pause));
}

int main() { halka::run(async_main()); }
