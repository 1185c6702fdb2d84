// SPDX-License-Identifier: MIT
// Python:
//
//     with lock:
//         shared_variable += 1
//
// from 4 threads, 20 000 times each. A mutex or an atomic variable keeps every increment. Tasks of one loop need neither as long as
// no await stands between reading and writing; where one does, updates are lost, always the same number, and a halka::lock keeps
// them.
//
// Run it: ./dev demo a8_shared_variable
#include <halka/halka.hpp>

#include <atomic>
#include <cstdio>
#include <functional>
#include <mutex>
#include <vector>

constexpr int times = 20'000;
std::vector<int> const four{1, 2, 3, 4};

halka::task<> increment(int& shared) {
  for (int i = 0; i < times; ++i) {
    int const seen = shared;
    co_await halka::yield_now();
    shared = seen + 1;
  }
}

halka::task<> increment_locked(int& shared, halka::lock& l) {
  for (int i = 0; i < times; ++i) {
    auto const held = co_await l.hold();
    int const seen = shared;
    co_await halka::yield_now();
    shared = seen + 1;
  }
}

halka::task<> async_main() {
  halka::thread_pool pool({.threads = 4});
  int guarded = 0;
  std::mutex mutex;
  co_await pool.map(
      [&](int) {
        for (int i = 0; i < times; ++i) {
          std::lock_guard const held(mutex);
          ++guarded;
        }
      },
      four);
  std::printf("4 threads with a mutex:     %d\n", guarded);

  std::atomic<int> counter = 0;
  co_await pool.map(
      [&](int) {
        for (int i = 0; i < times; ++i) ++counter;
      },
      four);
  std::printf("4 threads with an atomic:   %d\n", counter.load());
  co_await pool.shutdown();

  int locked = 0;
  halka::lock l;
  co_await halka::gather(increment_locked(locked, l), increment_locked(locked, l), increment_locked(locked, l),
                         increment_locked(locked, l));
  std::printf("4 coroutines with a lock:   %d\n", locked);

  int unlocked = 0;
  co_await halka::gather(increment(unlocked), increment(unlocked), increment(unlocked), increment(unlocked));
  std::printf("4 coroutines without:       %d (%d updates lost)\n", unlocked, 4 * times - unlocked);
}

int main() { halka::run(async_main()); }
