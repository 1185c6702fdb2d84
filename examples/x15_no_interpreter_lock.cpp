// SPDX-License-Identifier: MIT
// In Python, threads do not speed up work for the processor: the interpreter's lock lets one run at a time, and 4 threads show
// cpu/wall 0.95. C++ has no such lock: 4 threads use min(4, cores) cores, as far as they are free.
//
// Run it: ./dev demo x15_no_interpreter_lock
#include <halka/halka.hpp>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <thread>
#include <vector>

using seconds = std::chrono::duration<double>;

long fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

halka::task<double> measure(std::size_t threads, int n) {
  halka::thread_pool pool({.threads = threads});
  std::vector<int> const numbers(4, n);
  auto const wall = std::chrono::steady_clock::now();
  std::clock_t const cpu = std::clock();
  std::vector<long> const results = co_await pool.map(fib, numbers);
  double const used = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  double const passed = seconds(std::chrono::steady_clock::now() - wall).count();
  std::printf("%zu thread%s: 4 x fib(%d) = %ld, cpu/wall = %.2f\n", threads, threads == 1 ? " " : "s", n, results.front(),
              used / passed);
  co_await pool.shutdown();
  co_return used / passed;
}

halka::task<> async_main(int n = 34) {
  double const one = co_await measure(1, n);
  double const four = co_await measure(4, n);
  std::printf("no interpreter's lock: 4 threads used %.1f times the cores of one; %u are there\n", four / one,
              std::thread::hardware_concurrency());
}

int main() { halka::run(async_main()); }
