// SPDX-License-Identifier: MIT
// Python:
//
//     def sync_main():         time.sleep(0.002); time.sleep(0.002)
//     async def async_main():  await asyncio.sleep(0.002); await asyncio.sleep(0.002)
//
// A program that does one thing after the other gains nothing from a loop: it pays for making one, which the last line shows (the
// sleeps of the other two vary by more than that). Each line is the best of 20 runs; `run` makes a new loop and io_uring each time.
//
// Run it: ./dev demo c9_start_up_cost
#include <halka/halka.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

using namespace std::chrono_literals;
using milliseconds = std::chrono::duration<double, std::milli>;

void sync_main() {
  std::this_thread::sleep_for(2ms);
  std::this_thread::sleep_for(2ms);
}

halka::task<> async_main() {
  co_await halka::sleep(2ms);
  co_await halka::sleep(2ms);
}

halka::task<> nothing() { co_return; }

double best_of_20(void (*program)()) {
  milliseconds best = 1h;
  for (int i = 0; i < 20; ++i) {
    auto const begin = std::chrono::steady_clock::now();
    program();
    best = std::min(best, milliseconds(std::chrono::steady_clock::now() - begin));
  }
  return best.count();
}

void compare() {
  std::printf("sync                %.2f ms\n", best_of_20(sync_main));
  std::printf("halka::run          %.2f ms\n", best_of_20([] { halka::run(async_main()); }));
  std::printf("an empty halka::run %.2f ms\n", best_of_20([] { halka::run(nothing()); }));
}

int main() { compare(); }
