// SPDX-License-Identifier: MIT
// Two processes do not share memory: each adds one to its own copy of a global variable. Python: python app.py, python worker.py.
//
// Run it: ./dev demo a1_two_processes
#include <halka/halka.hpp>

#include <unistd.h>
#include <cstdio>
#include <exception>

int value = 0;

void add_one() {
  ++value;
  std::printf("process %d: value %d\n", getpid(), value);
}

halka::task<int> async_main() {
  halka::process app(add_one);
  halka::process worker(add_one);
  app.start();
  worker.start();
  int const first = co_await app.join();
  int const second = co_await worker.join();
  std::printf("%s pids; the parent's value is still %d\n", app.pid() != worker.pid() ? "different" : "the same", value);
  co_return first + second;
}

int main() {
  try {
    return halka::run(async_main());
  } catch (std::exception const& e) {
    std::fprintf(stderr, "a1_two_processes: %s\n", e.what());
    return 1;
  }
}
