// SPDX-License-Identifier: MIT
// Python:
//
//     async def task():
//         await asyncio.sleep(5)
//
// Only defined, it does nothing and the program ends at once. Python warns at run time when a coroutine was called and never
// awaited; here a bare `task();` is a warning of the compiler already (the type is [[nodiscard]]), and one that was kept and
// dropped is reported on stderr:
//
//     halka: coroutine task (a11_never_awaited.cpp:18) was never awaited
//
// Run it: ./dev demo a11_never_awaited
#include <halka/halka.hpp>

using namespace std::chrono_literals;

halka::task<> task() { co_await halka::sleep(5s); }

halka::task<> async_main() {
  auto const forgotten = task();  // called, but not awaited: nothing runs
  co_return;
}

int main() { halka::run(async_main()); }
