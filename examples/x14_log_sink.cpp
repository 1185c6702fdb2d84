// SPDX-License-Identifier: MIT
// Writing a log blocks whoever does it: here each line takes 10 ms, as on a slow pipe. Written in the loop, 20 lines stop all tasks
// for 200 ms, which the ticker notes. A sink of its own keeps the loop free: lines go into a bounded queue, from which a task hands
// them to one thread; if the queue is full, only who logs waits.
//
// Run it: ./dev demo x14_log_sink
#include <halka/halka.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using milliseconds = std::chrono::duration<double, std::milli>;

std::vector<std::string> written;

void write_line(std::string line) {
  std::this_thread::sleep_for(10ms);
  written.push_back(std::move(line));
}

struct log_sink {
  halka::queue<std::string> lines{8};
  /// Writes until `lines` was shut down and is empty.
  halka::task<> run() {
    halka::thread_pool thread({.threads = 1, .name = "log"});
    try {
      while (true) {
        std::string line = co_await lines.get();
        co_await thread.submit(write_line, std::move(line));
      }
    } catch (halka::queue_shut_down const&) {
    }
    co_await thread.shutdown();
  }
};

/// Notes the longest time between two ticks, until it is cancelled.
halka::task<> ticker(milliseconds& longest) {
  auto last = std::chrono::steady_clock::now();
  while (true) {
    co_await halka::sleep(5ms);
    auto const now = std::chrono::steady_clock::now();
    longest = std::max(longest, milliseconds(now - last));
    last = now;
  }
}

halka::task<> log_in_the_loop() {
  for (int i = 0; i < 20; ++i) write_line("line " + std::to_string(i));
  co_await halka::sleep(10ms);  // the ticker notes it
}

halka::task<> log_through_the_sink() {
  log_sink sink;
  auto const writer = halka::spawn([&] { return sink.run(); });
  for (int i = 0; i < 20; ++i) co_await sink.lines.put("line " + std::to_string(i));
  sink.lines.shutdown();
  co_await writer;
}

halka::task<> async_main() {
  milliseconds blocked{}, free{};
  co_await halka::race(ticker(blocked), log_in_the_loop());
  std::printf("in the loop: longest gap between two ticks %.0f ms\n", blocked.count());
  written.clear();
  co_await halka::race(ticker(free), log_through_the_sink());
  std::printf("with a sink: longest gap between two ticks %.0f ms, %zu lines written\n", free.count(), written.size());
}

int main() { halka::run(async_main()); }
