// SPDX-License-Identifier: MIT
// Two processes count to five, each in order; which line comes when is up to the system. Nothing is printed twice, for each process
// writes what it has printed before it ends. Python: two multiprocessing.Process(target=print_numbers).
//
// Run it: ./dev demo b1_two_counters
#include <halka/halka.hpp>

#include <cstdio>
#include <exception>

void print_numbers() {
  for (int i = 1; i <= 5; ++i) std::printf("%d\n", i);
}

int main() {
  try {
    halka::process one(print_numbers);
    halka::process two(print_numbers);
    one.start();
    two.start();
    return one.join_blocking() + two.join_blocking();
  } catch (std::exception const& e) {
    std::fprintf(stderr, "b1_two_counters: %s\n", e.what());
    return 1;
  }
}
