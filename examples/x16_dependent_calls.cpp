// SPDX-License-Identifier: MIT
// Python:
//
//     user = await fetch_user(7)              # the second call needs the result of the first
//     orders = await fetch_orders(user)
//
//     await asyncio.gather(fetch_user(7), fetch_user(8))     # these two need nothing from each other
//
// Sequential awaits are a choice, not a mistake: what depends on a result waits for it (2t); what does not is gathered (t).
//
// Run it: ./dev demo x16_dependent_calls
#include <halka/halka.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <tuple>

using namespace std::chrono_literals;

halka::task<std::string> fetch_user(int id) {
  co_await halka::sleep(500ms);
  co_return "user " + std::to_string(id);
}

halka::task<std::string> fetch_orders(std::string user) {
  co_await halka::sleep(500ms);
  co_return "orders of " + user;
}

void print(char const* how, std::string const& what, halka::clock::time_point begin) {
  std::printf("%-11s %s: %.1f s\n", how, what.c_str(), std::chrono::duration<double>(halka::clock::now() - begin).count());
}

halka::task<> async_main() {
  auto const begin = halka::clock::now();
  std::string const user = co_await fetch_user(7);
  std::string const orders = co_await fetch_orders(user);
  print("dependent", orders, begin);

  auto const again = halka::clock::now();
  auto const [first, second] = co_await halka::gather(fetch_user(7), fetch_user(8));
  print("independent", first + ", " + second, again);
}

int main() { halka::run(async_main()); }
