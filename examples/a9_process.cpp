// SPDX-License-Identifier: MIT
// A function in a process of its own. Python: multiprocessing.Process(target=task); start, join.
//
// Run it: ./dev demo a9_process
#include <halka/halka.hpp>

#include <cstdio>
#include <exception>

void work() { std::puts("Working"); }

int main() {
  try {
    halka::process p(work);
    p.start();
    return p.join_blocking();
  } catch (std::exception const& e) {
    std::fprintf(stderr, "a9_process: %s\n", e.what());
    return 1;
  }
}
