// SPDX-License-Identifier: MIT
// A time service over UDP and a client that asks it three times. A message may be lost, so the client waits for each answer only
// for a while, and asks again.
//
// Run it: build/release/examples/udp_time
#include <halka/halka.hpp>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <exception>
#include <string>

using namespace std::chrono_literals;

std::string time_of_day() {
  std::time_t const now = std::time(nullptr);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", std::gmtime(&now)));
}

halka::task<> serve(halka::datagram& socket) {
  while (true) {
    auto const question = co_await socket.receive_from();
    std::printf("asked by %s\n", question.sender.host().c_str());
    if (question.data == "time?") co_await socket.send_to(time_of_day(), question.sender);
  }
}

halka::task<std::string> ask(halka::datagram& socket) {
  for (int attempt = 1; attempt <= 3; ++attempt) {
    co_await socket.send("time?");
    try {
      std::string answer = co_await halka::wait_for(socket.receive(), 500ms);
      co_return answer;
    } catch (halka::timeout_error const&) {
      std::printf("no answer to attempt %d\n", attempt);
    }
  }
  co_return "nobody knows";
}

halka::task<> async_main() {
  halka::datagram service = co_await halka::open_datagram({.local = {"127.0.0.1", 0}});
  halka::datagram client = co_await halka::open_datagram({.remote = service.local_address()});
  co_await halka::with_task_group([&](halka::task_group& group) -> halka::task<> {
    group.create_task(serve(service));
    for (int i = 0; i < 3; ++i) {
      std::string const answer = co_await ask(client);
      std::printf("it is %s\n", answer.c_str());
    }
    group.cancel();  // the service would go on for ever
  });
}

int main() {
  try {
    halka::run(async_main());
  } catch (std::exception const& e) {
    std::fprintf(stderr, "udp_time: %s\n", e.what());
    return 1;
  }
}
