// SPDX-License-Identifier: MIT
#include "../support/network.hpp"
#include "scenario.hpp"

#include <filesystem>

namespace halka::faults {

namespace {

task<> serve_and_connect() {
  server srv = co_await start_server(test::echo, "127.0.0.1", 0);
  std::string const answer = co_await test::ask(srv.port(), "hello");
  srv.close();
  co_await srv.wait_closed();
  expect(answer == "hello", "an echo");
}

task<> serve_on_unix_socket() {
  std::string const path = scratch() + "/socket";
  by_itself([&] { return std::filesystem::remove(path); });
  server srv = co_await start_unix_server(test::echo, path);
  std::string const answer = co_await test::ask(path, "hello");
  srv.close();
  co_await srv.wait_closed();
  expect(answer == "hello", "an echo over a unix socket");
}

task<> datagrams() {
  datagram one = co_await open_datagram({.local = endpoint("127.0.0.1", 0)});
  datagram two = co_await open_datagram({.remote = one.local_address()});
  co_await two.send("hello");
  received_datagram const got = co_await one.receive_from();
  co_await one.send_to("back", got.sender);
  std::string const back = co_await two.receive();
  expect(got.data == "hello" && back == "back", "datagrams");
}

task<> resolving() {
  std::vector<socket_address> const found = co_await resolve("localhost", 80);
  expect(!found.empty(), "resolve");
}

}  // namespace

std::vector<scenario> const& operations_on_the_network() {
  static std::vector<scenario> const all{
      {"start_server, open_connection", serve_and_connect},
      {"start_unix_server, open_unix_connection", serve_on_unix_socket},
      {"datagram: open_datagram, send, receive_from, send_to, receive", datagrams},
      {"resolve", resolving},
  };
  return all;
}

}  // namespace halka::faults
