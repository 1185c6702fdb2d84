// SPDX-License-Identifier: MIT
#include "scenario.hpp"

#include <atomic>
#include <thread>

namespace halka::faults {

namespace {

using namespace std::chrono_literals;

task<> in_thread() {
  int const n = co_await to_thread([] { return 7; });
  expect(n == 7, "to_thread");
}

task<> in_pool() {
  thread_pool pool({.threads = 2});
  int const n = co_await pool.submit([](int x) { return x + 1; }, 1);
  std::vector<int> const numbers{1, 2, 3};
  std::vector<int> const more = co_await pool.map([](int x) { return 2 * x; }, numbers);
  co_await pool.shutdown();
  expect(n == 2 && more == std::vector<int>{2, 4, 6}, "a thread pool");
}

task<int> answer() {
  co_await yield_now();
  co_return 5;
}

task<> back_into_the_loop() {
  int const n = co_await to_thread([] { return call_in_loop(answer); });
  expect(n == 5, "call_in_loop");
}

task<> from_another_thread() {
  event_loop& loop = get_running_loop();
  std::future<int> result = run_coroutine_threadsafe(answer(), loop);
  while (result.wait_for(0s) != std::future_status::ready) co_await sleep(50us);
  expect(result.get() == 5, "run_coroutine_threadsafe");
}

task<> through_channel() {
  channel<int> numbers(1);
  int sum = 0;
  auto produce = [&]() -> task<> {
    for (int i = 1; i <= 3; ++i) co_await numbers.send(i);
    numbers.close();
  };
  auto consume = [&]() -> task<> {
    while (auto const n = co_await numbers.receive()) sum += *n;
  };
  co_await gather(produce(), consume());
  expect(sum == 6, "a channel");
}

}  // namespace

std::vector<scenario> const& operations_on_threads() {
  static std::vector<scenario> const all{
      {"to_thread", in_thread},
      {"thread_pool: submit, map, shutdown", in_pool},
      {"call_in_loop", back_into_the_loop},
      {"run_coroutine_threadsafe", from_another_thread},
      {"channel", through_channel},
  };
  return all;
}

}  // namespace halka::faults
