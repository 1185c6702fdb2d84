// SPDX-License-Identifier: MIT
// Cancelling a task: `cancelled_error` is thrown at the co_await where it waits, so destructors and catch blocks run on the way
// out. It is not a std::exception, so nobody swallows it by accident; `with` closes what needs an await to be closed.
//
// Run it: build/release/examples/cancellation
#include <halka/halka.hpp>

#include <cstdio>
#include <exception>

using namespace std::chrono_literals;

struct connection {
  halka::task<> close() {
    co_await halka::sleep(50ms);  // says goodbye, also when the task is being cancelled
    std::puts("connection closed");
  }
};

halka::task<> receive(connection&) {
  try {
    std::puts("receiving");
    co_await halka::sleep(1h);
  } catch (std::exception const&) {
    std::puts("an error: not reached, a cancellation is none");
  }
}

halka::task<> client() { co_await halka::with(connection(), receive); }

halka::task<> async_main() {
  auto task = halka::spawn(client);
  co_await halka::sleep(100ms);
  task.cancel("no longer needed");
  try {
    co_await task;
  } catch (halka::cancelled_error const& e) {
    std::printf("cancelled: %s\n", e.what());
  }
}

int main() { halka::run(async_main()); }
