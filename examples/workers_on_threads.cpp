// SPDX-License-Identifier: MIT
// A server on several cores in one process: run_workers starts a loop on each of three threads, and each listens at the same port,
// among which the kernel spreads the connections. Channels connect the loops: the first worker tells the others the port, all count
// their answers through one channel, and closing another one ends them.
//
// Run it: build/release/examples/workers_on_threads
#include <halka/halka.hpp>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>

constexpr int requests = 60;

struct wires {
  halka::channel<std::uint16_t> port{8};
  halka::channel<std::size_t> answered{64};
  halka::channel<int> end{1};  // closed when all is done
};

halka::task<> answer(std::size_t worker, halka::channel<std::size_t> answered, halka::stream client) {
  std::string const line = co_await client.read_line();
  co_await client.write("worker says " + line);
  co_await answered.send(worker);
}

halka::task<> ask_all(std::uint16_t port) {
  for (int i = 0; i < requests; ++i) {
    halka::stream s = co_await halka::open_connection("127.0.0.1", port);
    co_await s.write("hello\n");
    std::string const answer = co_await s.read_line();
    if (answer != "worker says hello\n") std::printf("unexpected: %s", answer.c_str());
  }
  std::printf("%d requests answered\n", requests);
}

halka::task<> serve(halka::worker_info self, wires w) {
  std::uint16_t port = 0;  // the first one takes any, the others the same
  if (self.index != 0) {
    std::optional<std::uint16_t> const told = co_await w.port.receive();
    port = told.value_or(0);
  }
  auto const handler = [index = self.index, answered = w.answered](halka::stream client) {
    return answer(index, answered, std::move(client));
  };
  halka::server server = co_await halka::start_server(handler, "127.0.0.1", port, {.reuse_port = true});
  if (self.index == 0) {
    for (std::size_t i = 1; i < self.count; ++i) co_await w.port.send(server.port());
    co_await halka::gather(ask_all(server.port()), [](wires all) -> halka::task<> {
      for (int i = 0; i < requests; ++i) co_await all.answered.receive();
    }(w));
    w.end.close();
  }
  co_await w.end.receive();  // nothing comes, but the end
  server.close();
}

int main() {
  try {
    halka::run_workers(3, serve, wires());
    std::printf("3 workers have ended\n");
  } catch (std::exception const& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
