// SPDX-License-Identifier: MIT
// The limits of a ThreadPoolExecutor: 2 threads, 6 jobs of 0.1 s take 0.3 s, because four of them queue. The pool counts them; and
// one with a queue limit refuses what it has no place for, so that a server can answer "try again later" instead of growing.
//
// Run it: ./dev demo x5_pool_limits
#include <halka/halka.hpp>

#include <chrono>
#include <cstdio>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using seconds = std::chrono::duration<double>;

void job() { std::this_thread::sleep_for(100ms); }

halka::task<> run_job(halka::thread_pool& pool) { co_await pool.submit(job); }

halka::task<> try_job(halka::thread_pool& pool, int& refused) {
  try {
    co_await pool.submit_nowait(job);
  } catch (halka::queue_full const&) {
    ++refused;
  }
}

halka::task<> async_main() {
  halka::thread_pool pool({.threads = 2});
  auto const begin = std::chrono::steady_clock::now();
  std::vector<halka::task_handle<>> jobs;
  jobs.reserve(6);
  for (int i = 0; i < 6; ++i) jobs.push_back(halka::spawn(run_job, std::ref(pool)));
  co_await halka::yield_now();  // all six are submitted
  std::printf("queue length: %zu\n", pool.statistics().queued);
  co_await halka::gather(std::move(jobs));
  auto const s = pool.statistics();
  std::printf("6 jobs on %zu threads: %.1f s\n", s.threads, seconds(std::chrono::steady_clock::now() - begin).count());
  std::printf("queue length: %zu, at most %zu\n", s.queued, s.peak_queued);
  co_await pool.shutdown();

  halka::thread_pool limited({.threads = 2, .queue_limit = 1});
  int refused = 0;
  jobs.clear();
  for (int i = 0; i < 6; ++i) jobs.push_back(halka::spawn(try_job, std::ref(limited), std::ref(refused)));
  co_await halka::gather(std::move(jobs));
  std::printf("with a queue of 1: %d refused, %llu done\n", refused,
              static_cast<unsigned long long>(limited.statistics().completed));
  co_await limited.shutdown();
}

int main() { halka::run(async_main()); }
