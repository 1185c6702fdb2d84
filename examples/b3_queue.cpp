// SPDX-License-Identifier: MIT
// Python:
//
//     def process_data(data, queue):
//         queue.put(data.upper())
//
//     queue = Queue()
//     processes = [Process(target=process_data, args=(d, queue)) for d in ["apple", "banana", "cherry", ...]]
//     for p in processes: p.start()
//     for p in processes: p.join()
//     results = []
//     while not queue.empty(): results.append(queue.get())
//     print(results)
//
// One process fails there too. What others have put is not lost, and joining before getting cannot hang.
//
// Run it: ./dev demo b3_queue
#include <halka/halka.hpp>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

void process_data(std::string data, halka::process_queue<std::string> queue) {
  if (data == "...") throw std::invalid_argument("'...' has no capitals");
  for (char& c : data) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  queue.put_blocking(data);
}

halka::task<> async_main() {
  halka::process_queue<std::string> queue;
  std::vector<halka::process> processes;
  for (char const* data : {"apple", "banana", "cherry", "..."}) processes.emplace_back(process_data, std::string(data), queue);
  for (halka::process& p : processes) p.start();
  for (halka::process& p : processes) {
    int const code = co_await p.join();
    if (code != 0) std::printf("%s ended with exit code %d\n", p.name().c_str(), code);
  }

  std::vector<std::string> results;
  while (!queue.empty()) results.push_back(co_await queue.get());
  std::ranges::sort(results);  // they come in the order in which the processes were done
  char const* separator = "[";
  for (std::string const& word : results) {
    std::printf("%s'%s'", separator, word.c_str());
    separator = ", ";
  }
  std::printf("]\n");
}

int main() { halka::run(async_main()); }
