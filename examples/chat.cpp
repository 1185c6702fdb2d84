// SPDX-License-Identifier: MIT
// A chat: what one says, all others hear. The room is a plain map and needs no lock, because the tasks of a loop take turns.
//
// Run it: build/release/examples/chat, where Ann, Bob and Cem talk; or with a port, for: nc localhost PORT, then a name, then talk.
#include <halka/halka.hpp>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <system_error>

std::map<std::string, halka::stream*> room;

halka::task<> tell_others(std::string name, std::string line) {
  std::string const text = name + ": " + line;
  auto const everybody = room;  // it may change while we write
  for (auto const& [other, connection] : everybody) {
    if (other == name || !room.contains(other)) continue;
    try {
      co_await connection->write(text);
    } catch (std::system_error const&) {
      // That one is gone; its own task will notice.
    }
  }
}

halka::task<> member(halka::stream peer) {
  std::string name = co_await peer.read_line();
  if (name.size() < 2 || !room.emplace(name.erase(name.size() - 1), &peer).second) co_return;
  struct leave_room {
    std::string const& name;
    ~leave_room() { room.erase(name); }
  } const at_the_end{name};
  co_await peer.write("welcome, " + name + "\n");
  auto lines = peer.lines();
  while (auto line = co_await lines.next()) co_await tell_others(name, *line);
}

halka::task<> serve(std::uint16_t port) {
  halka::server server = co_await halka::start_server(member, "", port);
  co_await server.serve_forever();
}

halka::task<> hear(std::string name, halka::stream& chat) {
  std::string const line = co_await chat.read_line();
  std::printf("%s reads  %s", name.c_str(), line.c_str());
}

halka::task<halka::stream> enter(std::uint16_t port, std::string name) {
  halka::stream chat = co_await halka::open_connection("localhost", port);
  co_await chat.write(name + "\n");
  co_await hear(name, chat);
  co_return chat;
}

halka::task<> demonstrate() {
  halka::server server = co_await halka::start_server(member, "localhost", 0);
  halka::stream ann = co_await enter(server.port(), "Ann");
  halka::stream bob = co_await enter(server.port(), "Bob");
  halka::stream cem = co_await enter(server.port(), "Cem");
  co_await ann.write("hello everybody\n");
  co_await hear("Bob", bob);
  co_await hear("Cem", cem);
  co_await bob.write("hello Ann\n");
  co_await hear("Ann", ann);
  server.close();
  server.close_clients();
  co_await server.wait_closed();
}

int main(int argc, char** argv) {
  try {
    halka::run(argc > 1 ? serve(static_cast<std::uint16_t>(std::stoi(argv[1]))) : demonstrate());
  } catch (std::exception const& e) {
    std::fprintf(stderr, "chat: %s\n", e.what());
    return 1;
  }
}
