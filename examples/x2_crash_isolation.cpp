// SPDX-License-Identifier: MIT
// Four worker processes; one is killed while it serves a request. That request is lost, and no other: the next 20 are answered, and
// soon there are four workers again. Python: gunicorn app --workers 4.
//
// Run it: ./dev demo x2_crash_isolation
#include <halka/halka.hpp>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <set>
#include <string>
#include <system_error>

using namespace std::chrono_literals;

halka::task<> answer(halka::stream client) {
  std::string const question = co_await client.read_line();
  if (question == "die\n") std::raise(SIGKILL);
  co_await client.write("answered");
}

halka::task<> serve(halka::worker& self) { co_await self.serve(answer); }

/// What comes back; nothing if the connection was lost.
halka::task<std::string> ask(std::uint16_t port, std::string question) {
  std::string answer;
  try {
    halka::stream server = co_await halka::open_connection("127.0.0.1", port);
    co_await server.write(question + "\n");
    answer = co_await server.read_all();
  } catch (std::system_error const&) {
    // Connection reset by peer.
  }
  co_return answer;
}

/// The numbers of the processes, when there are four and all serve.
halka::task<std::set<int>> four(halka::supervisor const& workers) {
  std::set<int> pids;
  while (pids.size() < 4) {
    co_await halka::sleep(5ms);
    pids.clear();
    for (auto const& w : workers.workers())
      if (w.ready) pids.insert(w.pid);
  }
  co_return pids;
}

halka::task<int> async_main() {
  halka::supervisor workers = co_await halka::start_supervisor({.workers = 4, .port = 0, .log = nullptr}, serve);
  std::set<int> const before = co_await four(workers);
  std::printf("%zu distinct pids\n", before.size());
  std::string const lost = co_await ask(workers.port(), "die");
  std::printf("the client of the killed worker got %zu bytes\n", lost.size());
  int answered = 0;
  for (int i = 0; i < 20; ++i) {
    std::string const text = co_await ask(workers.port(), "how are you?");
    if (text == "answered") ++answered;
  }
  std::printf("of the next 20 requests %d were answered\n", answered);
  std::set<int> const after = co_await four(workers);
  auto const fresh = std::ranges::count_if(after, [&](int pid) { return !before.contains(pid); });
  std::printf("%zu workers again, %td with a new pid\n", after.size(), fresh);
  workers.stop();
  int const code = co_await workers.wait();
  co_return code;
}

int main() {
  try {
    return halka::run(async_main());
  } catch (std::exception const& e) {
    std::fprintf(stderr, "x2_crash_isolation: %s\n", e.what());
    return 1;
  }
}
