// SPDX-License-Identifier: MIT
// A thread that is not part of the loop runs a coroutine in it and waits for the result with a std::future. That and
// call_soon_threadsafe are the two ways into a loop from outside.
//
// Run it: build/release/examples/from_another_thread
#include <halka/halka.hpp>

#include <cstdio>
#include <functional>
#include <stdexcept>
#include <thread>

using namespace std::chrono_literals;

halka::task<int> add(int a, int b) {
  co_await halka::sleep(50ms);
  if (a < 0 || b < 0) throw std::invalid_argument("natural numbers only");
  co_return a + b;
}

void outsider(halka::event_loop& loop, halka::future<>& finished) {
  auto sum = halka::run_coroutine_threadsafe(add(1, 2), loop);
  std::printf("1 + 2 = %d\n", sum.get());
  try {
    halka::run_coroutine_threadsafe(add(-1, 2), loop).get();
  } catch (std::invalid_argument const& e) {
    std::printf("-1 + 2: %s\n", e.what());
  }
  loop.call_soon_threadsafe([&finished] { finished.set_result(); });
}

halka::task<> async_main() {
  halka::future<> finished;
  std::jthread const thread(outsider, std::ref(halka::get_running_loop()), std::ref(finished));
  co_await finished;
}

int main() { halka::run(async_main()); }
