// SPDX-License-Identifier: MIT
// The diagram of the document: tasks A, B, C and D on cores 1 to 4. Four functions that compute run on the four threads of a pool,
// and the processor time that they use per second tells on how many cores they ran: four, or as many as the machine has free.
//
// Run it: ./dev demo a5_tasks_on_cores
#include <halka/halka.hpp>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <latch>
#include <set>
#include <thread>
#include <vector>

using seconds = std::chrono::duration<double>;

long fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

/// One task of the diagram: which thread it ran on.
std::thread::id compute(std::latch& all_have_begun, int n) {
  all_have_begun.arrive_and_wait();  // so that no thread takes two of them
  long volatile result = fib(n);
  static_cast<void>(result);
  return std::this_thread::get_id();
}

halka::task<> async_main(int n = 34) {
  halka::thread_pool pool({.threads = 4, .name = "core"});
  std::latch all_have_begun(4);
  auto const wall = std::chrono::steady_clock::now();
  std::clock_t const cpu = std::clock();

  auto const compute_here = [&](char) { return compute(all_have_begun, n); };
  std::vector<char> const tasks{'A', 'B', 'C', 'D'};
  std::vector<std::thread::id> const ids = co_await pool.map(compute_here, tasks);

  double const used = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  double const passed = seconds(std::chrono::steady_clock::now() - wall).count();
  std::printf("4 tasks on %zu threads\n", std::set<std::thread::id>(ids.begin(), ids.end()).size());
  std::printf("cpu/wall = %.2f, at most min(4, %u cores)\n", used / passed, std::thread::hardware_concurrency());
  co_await pool.shutdown();
}

int main() { halka::run(async_main()); }
