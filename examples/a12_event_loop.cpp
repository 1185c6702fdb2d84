// SPDX-License-Identifier: MIT
// Python:
//
//     async def io_task(name, delay):
//         print(name, "-> I/O bekliyor")
//         await asyncio.sleep(delay)
//         print(name, "-> geri döndü")
//
//     async def busy_task(name):
//         print(name, "-> çalışıyor")
//
//     await asyncio.gather(io_task("Task A", 0.1), busy_task("Task B"), io_task("Task C", 0.2))
//
// One thread, three tasks: while A and C wait, B runs.
//
// Run it: ./dev demo a12_event_loop
#include <halka/halka.hpp>

#include <cstdio>

using namespace std::chrono_literals;

halka::task<> io_task(char const* name, std::chrono::milliseconds delay) {
  std::printf("%s -> I/O bekliyor\n", name);
  co_await halka::sleep(delay);
  std::printf("%s -> geri döndü\n", name);
}

halka::task<> busy_task(char const* name) {
  std::printf("%s -> çalışıyor\n", name);
  co_return;
}

halka::task<> async_main() { co_await halka::gather(io_task("Task A", 100ms), busy_task("Task B"), io_task("Task C", 200ms)); }

int main() { halka::run(async_main()); }
