// SPDX-License-Identifier: MIT
// Python (FastAPI):
//
//     async def fib(n):
//         if n <= 1: return n
//         if n % 10 == 0: await asyncio.sleep(0.1)
//         return await fib(n - 1) + await fib(n - 2)
//
// fib(20) meets the sleep 90 times (n=20 once, n=10 89 times), one after the other: 9 s, while a ping is answered at once. Giving
// way with yield_now() instead of a sleep is just as fair and takes no time.
//
// Run it: ./dev demo c6_fib_that_sleeps        (takes 9 s)
#include <halka/halka.hpp>

#include <cstdio>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using names = std::vector<std::string>;

int sleeps = 0;

halka::task<long> fib(int n) {
  if (n <= 1) co_return n;
  if (n % 10 == 0) {
    ++sleeps;
    co_await halka::sleep(100ms);
  }
  co_return co_await fib(n - 1) + co_await fib(n - 2);
}

halka::task<long> polite_fib(int n) {
  if (n <= 1) co_return n;
  if (n % 10 == 0) co_await halka::yield_now();
  co_return co_await polite_fib(n - 1) + co_await polite_fib(n - 2);
}

halka::task<> get_fib(halka::task<long> call, names& answered) {
  long const value = co_await std::move(call);
  std::printf("{\"fib\":%ld}\n", value);
  answered.push_back("fib");
}

halka::task<> get_ping(names& answered) {
  co_await halka::yield_now();
  answered.push_back("ping");
}

halka::task<> serve(halka::task<long> call) {
  names answered;
  co_await halka::gather(get_fib(std::move(call), answered), get_ping(answered));
  std::printf("['%s', '%s']\n", answered[0].c_str(), answered[1].c_str());
}

halka::task<> async_main() {
  co_await serve(fib(20));
  std::printf("%d sleeps of 0.1 s\n", sleeps);
  std::puts("with yield_now() instead:");
  co_await serve(polite_fib(20));
}

int main() { halka::run(async_main()); }
