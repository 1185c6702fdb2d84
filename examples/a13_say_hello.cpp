// SPDX-License-Identifier: MIT
// Python:
//
//     async def say_hello():
//         print("Hello")
//         await asyncio.sleep(2)
//         print("World")
//
//     asyncio.run(say_hello())
//
// The smallest program: one coroutine that waits, two seconds in all.
//
// Run it: ./dev demo a13_say_hello
#include <halka/halka.hpp>

#include <cstdio>

using namespace std::chrono_literals;

halka::task<> say_hello() {
  std::puts("Hello");
  co_await halka::sleep(2s);
  std::puts("World");
}

int main() { halka::run(say_hello()); }
