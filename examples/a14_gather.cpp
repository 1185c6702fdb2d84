// SPDX-License-Identifier: MIT
// Python:
//
//     async def task1():
//         await asyncio.sleep(2)
//         print("Task1")
//
//     async def task2():
//         await asyncio.sleep(1)
//         print("Task2")
//
//     async def main():
//         await asyncio.gather(task1(), task2())
//
//     asyncio.run(main())
//
// Two coroutines at the same time: Task2 comes first, and both take two seconds, not three.
//
// Run it: ./dev demo a14_gather
#include <halka/halka.hpp>

#include <cstdio>

using namespace std::chrono_literals;

halka::task<> task1() {
  co_await halka::sleep(2s);
  std::puts("Task1");
}

halka::task<> task2() {
  co_await halka::sleep(1s);
  std::puts("Task2");
}

halka::task<> async_main() { co_await halka::gather(task1(), task2()); }

int main() { halka::run(async_main()); }
