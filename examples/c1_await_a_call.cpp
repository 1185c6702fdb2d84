// SPDX-License-Identifier: MIT
// Python:
//
//     class Service:
//         async def send(self, data): ...
//
//     async def main():
//         print("Sending data to service....")
//         return await service.send(data)
//
//     print(asyncio.run(main()))
//
// One awaited call. The value of main is what the service returned: None, which in C++ is an empty optional. (The print before it
// blocks the loop as it does in Python; it is only short.)
//
// Run it: ./dev demo c1_await_a_call
#include <halka/halka.hpp>

#include <cstdio>
#include <optional>
#include <string>

using namespace std::chrono_literals;

struct service {
  halka::task<std::optional<std::string>> send(std::string) {
    co_await halka::sleep(100ms);  // the network
    co_return std::nullopt;
  }
};

halka::task<std::optional<std::string>> async_main() {
  service remote;
  std::puts("Sending data to service....");
  co_return co_await remote.send("data");
}

void print(std::optional<std::string> const& value) { std::puts(value ? value->c_str() : "None"); }

int main() { print(halka::run(async_main())); }
