// SPDX-License-Identifier: MIT
// Two processes compute at the same time: both start before one of them finishes. Python: two multiprocessing.Process with a loop
// of 10 000 000 turns each.
//
// Run it: ./dev demo d1_side_by_side
#include <halka/halka.hpp>

#include <atomic>
#include <cstdio>
#include <exception>
#include <string>

/// The other end is waited for first, so that both have started whatever the system is busy with.
void compute(std::string const& name, halka::unique_fd started, halka::unique_fd other) {
  std::printf("%s: starting\n", name.c_str());
  std::fflush(stdout);
  started.close();
  halka::run([&]() -> halka::task<> { co_await halka::readable(other.get()); });
  std::atomic<int> turns = 0;
  while (++turns < 10'000'000) {
  }
  std::printf("%s: finishing\n", name.c_str());
}

int main() {
  try {
    halka::pipe_ends first = halka::make_pipe();
    halka::pipe_ends second = halka::make_pipe();
    halka::process one(compute, "func1", std::move(first.write_end), std::move(second.read_end));
    halka::process two(compute, "func2", std::move(second.write_end), std::move(first.read_end));
    one.start();
    two.start();
    return one.join_blocking() + two.join_blocking();
  } catch (std::exception const& e) {
    std::fprintf(stderr, "d1_side_by_side: %s\n", e.what());
    return 1;
  }
}
