// SPDX-License-Identifier: MIT
#include "serve_ping.hpp"

#include <cstddef>
#include <stdexcept>
#include <string>
#include <system_error>

namespace interop {

namespace {

/// "PING" or "*1\r\n$4\r\nPING\r\n": the first word of the next command; empty at the end.
halka::task<std::string> read_command(halka::stream& peer) {
  std::string line = co_await peer.read_line();
  if (line.empty()) co_return line;
  if (line.front() != '*') co_return line.substr(0, line.find_first_of(" \r\n"));
  std::string word;
  for (int left = std::stoi(line.substr(1)); left > 0; --left) {
    std::string const length = co_await peer.read_line();
    if (length.empty() || length.front() != '$') throw std::runtime_error("no bulk string: " + length);
    std::size_t const size = std::stoul(length.substr(1));
    std::string text = co_await peer.read_exactly(size + 2);
    if (word.empty()) word = text.substr(0, size);
  }
  co_return word;
}

halka::task<> answer_all(halka::stream& peer) {
  while (true) {
    std::string const command = co_await read_command(peer);
    if (command.empty()) co_return;
    bool const known = command == "PING" || command == "ping";
    co_await peer.write(known ? "+PONG\r\n" : "-ERR unknown command\r\n");
  }
}

}  // namespace

halka::task<> serve_ping(halka::stream peer) {
  try {
    co_await answer_all(peer);
  } catch (std::system_error const& e) {
    if (e.code() != std::errc::connection_reset && e.code() != std::errc::broken_pipe) throw;
  }
}

}  // namespace interop
