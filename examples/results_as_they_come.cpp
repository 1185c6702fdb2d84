// SPDX-License-Identifier: MIT
// as_completed: the results of many coroutines in the order in which they finish, errors among them.
//
// Run it: build/release/examples/results_as_they_come
#include <halka/halka.hpp>

#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;

halka::task<std::string> measure(std::string city, int delay) {
  co_await halka::sleep(delay * 1ms);
  if (city == "Atlantis") throw std::runtime_error("no such city: " + city);
  co_return city + ": 21 degrees";
}

halka::task<> async_main() {
  std::vector<halka::task<std::string>> calls;
  calls.push_back(measure("Ankara", 300));
  calls.push_back(measure("Atlantis", 200));
  calls.push_back(measure("Izmir", 100));

  auto results = halka::as_completed(std::move(calls));
  while (auto result = co_await results.next()) {
    try {
      std::puts(result->value().c_str());
    } catch (std::exception const& e) {
      std::printf("failed: %s\n", e.what());
    }
  }
}

int main() { halka::run(async_main()); }
