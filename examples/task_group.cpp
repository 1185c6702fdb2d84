// SPDX-License-Identifier: MIT
// Tasks that end together: when one of them fails, the group cancels the others, waits for them, and throws every error as one
// exception_group.
//
// Run it: build/release/examples/task_group
#include <halka/halka.hpp>

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;

halka::task<> fetch(std::string host, std::chrono::milliseconds delay) {
  try {
    co_await halka::sleep(delay);
  } catch (halka::cancelled_error const&) {
    std::printf("%s: cancelled\n", host.c_str());
    throw;
  }
  if (host == "b.example") throw std::runtime_error(host + ": connection refused");
  std::printf("%s: done\n", host.c_str());
}

halka::task<> async_main() {
  try {
    co_await halka::with_task_group([](halka::task_group& group) {
      group.spawn(fetch, "a.example", 10ms);  // function + arguments: they live as long as the task
      group.spawn(fetch, "b.example", 50ms);
      group.spawn(fetch, "c.example", 10s);
    });
  } catch (halka::exception_group const& errors) {
    std::puts(errors.what());
    for (auto const& error : errors.exceptions()) std::printf("  %s\n", halka::describe(error).c_str());
  }
}

int main() { halka::run(async_main()); }
