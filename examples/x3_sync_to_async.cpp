// SPDX-License-Identifier: MIT
// Django's sync_to_async. With thread_sensitive=True all calls are made on one thread, one after the other, because the code is not
// safe for threads; with False each gets a thread of its own. Here the first is a pool of one thread: calls begin in the order in
// which they are awaited. Five calls that block for 0.1 s take 0.5 s or 0.1 s, and the results have the order of the arguments.
//
// Run it: ./dev demo x3_sync_to_async
#include <halka/halka.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using seconds = std::chrono::duration<double>;

int query(int n) {
  std::this_thread::sleep_for(100ms);
  return n;
}

halka::task<> call_all(char const* what, halka::thread_pool& pool) {
  std::vector<int> const arguments{0, 1, 2, 3, 4};
  auto const begin = std::chrono::steady_clock::now();
  std::vector<int> const results = co_await pool.map(query, arguments);
  double const took = seconds(std::chrono::steady_clock::now() - begin).count();
  std::string list;
  for (int const r : results) list += (list.empty() ? "" : ", ") + std::to_string(r);
  std::printf("%s: %.1f s, threads: %zu, results: [%s]\n", what, took, pool.statistics().threads, list.c_str());
}

halka::task<> async_main() {
  halka::thread_pool ordered({.threads = 1});
  halka::thread_pool parallel({.threads = 5});
  co_await call_all("thread_sensitive=True ", ordered);
  co_await call_all("thread_sensitive=False", parallel);
  co_await ordered.shutdown();
  co_await parallel.shutdown();
}

int main() { halka::run(async_main()); }
