// SPDX-License-Identifier: MIT
// Python:
//
//     def task():
//         while True: pass
//     for _ in range(4): threading.Thread(target=task).start()
//
// In Python this never ends, and the four threads share one core: cpu/wall is 0.95. Here they end after a second, because their
// stop token fires when the await is cancelled, and they use as many cores as are free.
//
// Run it: ./dev demo a6_busy_threads
#include <halka/halka.hpp>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <stop_token>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using seconds = std::chrono::duration<double>;

void spin(std::stop_token const& stop) {
  while (!stop.stop_requested()) {
  }
}

halka::task<> watch(halka::thread_pool& pool, std::chrono::milliseconds pause) {
  auto const wall = std::chrono::steady_clock::now();
  std::clock_t const cpu = std::clock();
  co_await halka::sleep(pause);
  double const used = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  double const passed = seconds(std::chrono::steady_clock::now() - wall).count();
  auto const s = pool.statistics();
  std::printf("alive threads besides main: %zu\n", s.threads - s.idle);
  std::printf("cpu/wall = %.2f, at most min(4, %u cores)\n", used / passed, std::thread::hardware_concurrency());
}

halka::task<> async_main(std::chrono::milliseconds pause = 1s) {
  halka::thread_pool pool({.threads = 4});
  co_await halka::with_task_group([&](halka::task_group& group) -> halka::task<> {
    for (int i = 0; i < 4; ++i) group.spawn([&pool]() -> halka::task<> { co_await pool.submit(spin); });
    co_await watch(pool, pause);
    group.cancel();
  });
  co_await pool.shutdown();
}

int main() { halka::run(async_main()); }
