// SPDX-License-Identifier: MIT
// Python:
//
//     with ProcessPoolExecutor() as pool:
//         results = await asyncio.gather(*[loop.run_in_executor(pool, fib, n) for n in (24, 23, 22)])
//
// CPU work goes to worker processes, and the loop goes on meanwhile: a ticker shows its longest gap. In Python a worker that is
// killed breaks the whole pool (BrokenProcessPool); here only the call that it ran fails, and the pool starts another worker.
//
// Run it: ./dev demo x6_process_pool
#include <halka/halka.hpp>

#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <set>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
int own_pid() { return getpid(); }

int be_killed() {
  std::raise(SIGKILL);
  return 0;
}

/// Ticks every millisecond, for the longest time between two ticks.
halka::task<> tick(halka::clock::duration& longest) {
  auto last = halka::clock::now();
  while (true) {
    co_await halka::sleep(1ms);
    auto const now = halka::clock::now();
    longest = std::max(longest, now - last);
    last = now;
  }
}

halka::task<> async_main() {
  halka::clock::duration longest{};
  halka::process_pool pool({.workers = 2});
  int const worker = co_await pool.submit(own_pid);
  auto const ticker = halka::spawn(tick, std::ref(longest));

  auto const [a, b, c] = co_await halka::gather(pool.submit(fib, 24), pool.submit(fib, 23), pool.submit(fib, 22));
  std::printf("fib(24), fib(23), fib(22) = [%d, %d, %d]\n", a, b, c);
  std::printf("in another process: %s\n", worker != getpid() ? "yes" : "no");

  co_await pool.submit(fib, 32);  // long enough to see whether the ticker ticks
  ticker.cancel();
  std::printf("the loop went on, with gaps of less than 50 ms: %s\n", longest < 50ms ? "yes" : "no");

  try {
    co_await pool.submit(be_killed);
  } catch (halka::worker_died const& e) {
    std::printf("worker_died: killed by signal %d while it ran be_killed\n", e.signal().value_or(0));
  }
  int const d = co_await pool.submit(fib, 10);
  std::printf("the pool goes on: fib(10) = %d\n", d);
}

int main() { halka::run(async_main()); }
