// SPDX-License-Identifier: MIT
#include <halka/halka.hpp>

#include <chrono>
#include <cstdlib>

static int const before_main = 40;

static void leave(int more) { std::exit(before_main + more); }

static halka::task<int> answer() {
  co_await halka::sleep(std::chrono::milliseconds(1));
  halka::process other(leave, 2);  // needs the library in a second start of the program
  other.start();
  int const code = co_await other.join();
  co_return code;
}

int main() { return halka::run(answer()) == 42 ? 0 : 1; }
