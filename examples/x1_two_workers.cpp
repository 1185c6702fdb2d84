// SPDX-License-Identifier: MIT
// Two worker processes, each with a loop of its own, share one listening socket. Python: uvicorn --workers 2.
// The program's main process asks 200 times, and counts who answered.
//
// Run it: ./dev demo x1_two_workers
#include <halka/halka.hpp>

#include <unistd.h>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <vector>

using namespace std::chrono_literals;

/// Answers with the number of the process, after some work.
halka::task<> answer(halka::stream client) {
  co_await halka::sleep(1ms);
  co_await client.write(std::to_string(getpid()));
}

halka::task<> serve(halka::worker& self) { co_await self.serve(answer); }

halka::task<std::string> ask(std::uint16_t port) {
  halka::stream server = co_await halka::open_connection("127.0.0.1", port);
  std::string pid = co_await server.read_all();
  co_return pid;
}

halka::task<int> async_main() {
  halka::supervisor workers = co_await halka::start_supervisor({.workers = 2, .port = 0, .log = nullptr}, serve);
  std::map<std::string, int> answers;
  int asked = 0;
  // 200 requests, 20 at a time; on a busy machine a few more, until the slower one of the two has come to its turn.
  while (asked < 200 || (answers.size() < 2 && asked < 10'000)) {
    std::vector<halka::task<std::string>> some;
    while (some.size() < 20) some.push_back(ask(workers.port()));
    auto const pids = co_await halka::gather(std::move(some));
    for (std::string const& pid : pids) {
      ++answers[pid];
      ++asked;
    }
  }
  std::printf("200 requests answered by %zu distinct pids\n", answers.size());
  workers.stop();
  int const code = co_await workers.wait();
  co_return code;
}

int main() {
  try {
    return halka::run(async_main());
  } catch (std::exception const& e) {
    std::fprintf(stderr, "x1_two_workers: %s\n", e.what());
    return 1;
  }
}
