// SPDX-License-Identifier: MIT
#include "../../support/child_process.hpp"
#include "../../support/descriptors.hpp"
#include "../../support/fixture.hpp"
#include "../../support/network.hpp"

#include <halka/io/ops/connect.hpp>

#include <catch2/catch_test_macros.hpp>

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <chrono>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

void reset(stream& s) {
  linger const now{1, 0};
  setsockopt(s.fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  s.close();
}

}  // namespace

TEST_CASE("a server answers five hundred connections at once", "[runtime][server]") {
  raise_descriptor_limit(2000);
  auto const before = open_descriptors();
  run_real([]() -> task<> {
    server srv = co_await start_server(echo, "127.0.0.1", 0);
    std::vector<task<std::string>> clients;
    for (int i = 0; i < 500; ++i) clients.push_back(ask(srv.port(), "client " + std::to_string(i)));
    auto const answers = co_await gather(std::move(clients));
    int right = 0;
    for (int i = 0; i < 500; ++i) right += answers[static_cast<std::size_t>(i)] == "client " + std::to_string(i);
    CHECK(right == 500);
    CHECK(srv.statistics().accepted == 500);
    srv.close();
    co_await srv.wait_closed();
    CHECK(srv.statistics().connections == 0);
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("a burst of connections is taken in within a few passes", "[runtime][server]") {
  raise_descriptor_limit(2000);
  run_real([]() -> task<> {
    constexpr std::uint64_t count = 300;
    server srv = co_await start_server(echo, "127.0.0.1", 0);
    auto const address = srv.addresses().front();
    std::vector<unique_fd> clients;
    for (std::uint64_t i = 0; i < count; ++i) {
      clients.push_back(io::make_socket(AF_INET, io::socket_kind::stream));
      connect(clients.back().get(), address.data(), static_cast<socklen_t>(address.size()));
    }
    auto const before = get_running_loop().statistics().passes;
    while (srv.statistics().accepted < count) co_await sleep(1ms);  // the loop shall have nothing else to do
    CHECK(get_running_loop().statistics().passes - before < count / 2);
    clients.clear();
    co_await until_connections(srv, 0);
  });
}

TEST_CASE("peers that reset, half-close or vanish harm nobody else", "[runtime][server]") {
  auto const before = open_descriptors();
  trace log;
  run_real([&]() -> task<> {
    get_running_loop().set_exception_handler([&](exception_context const& c) { log.push_back(describe(c.exception)); });
    server srv = co_await start_server(echo, "127.0.0.1", 0);
    for (int i = 0; i < 50; ++i) {
      stream vanishing = co_await open_connection("127.0.0.1", srv.port());
      stream resetting = co_await open_connection("127.0.0.1", srv.port());
      reset(resetting);
      std::string const half = co_await ask(srv.port(), "half");
      CHECK(half == "half");
    }
    stream late = co_await open_connection("127.0.0.1", srv.port());
    co_await until_connections(srv, 1);
    co_await late.write("unread");
    reset(late);
    srv.close();
    co_await srv.wait_closed();
    CHECK(srv.statistics().accepted >= 101);
  });
  for (std::string const& text : log) CHECK(text.find("Connection reset by peer") != std::string::npos);
  CHECK(open_descriptors() == before);
}

TEST_CASE("without descriptors accepting pauses, is reported once, and recovers", "[runtime][server]") {
  auto const end = in_child([] {
    captured_reports const reports;
    int answered = 0;
    server_statistics statistics;
    run_real([&]() -> task<> {
      server srv = co_await start_server(echo, "127.0.0.1", 0);
      std::vector<stream> clients;
      for (int i = 0; i < 20; ++i) {
        stream s = co_await open_connection("127.0.0.1", srv.port());
        clients.push_back(std::move(s));
      }
      while (srv.statistics().accepted < 20) co_await yield_now();
      // The sockets of nine more clients are there, but no descriptor for the server's ends.
      std::vector<unique_fd> sockets;
      for (int i = 0; i < 9; ++i) sockets.push_back(io::make_socket(AF_INET, io::socket_kind::stream));
      rlimit const lowered{open_descriptors() - 1, 4096};
      setrlimit(RLIMIT_NOFILE, &lowered);
      for (unique_fd& fd : sockets) {
        co_await io::connect(fd.get(), socket_address::ip("127.0.0.1", srv.port()));
        clients.emplace_back(std::move(fd));
      }
      while (srv.statistics().pauses < 3) co_await yield_now();
      for (std::size_t i = 0; i < 15; ++i) clients[i].close();
      for (std::size_t i = 15; i < clients.size(); ++i) {
        co_await clients[i].write("x");
        std::string const back = co_await clients[i].read(1);
        answered += back == "x";
      }
      statistics = srv.statistics();
    });
    if (answered != 14) return 1;
    if (statistics.accepted != 29) return 2;
    if (reports.count("cannot accept connections and waits") != 1) return 3;
    if (reports.count("accept on 127.0.0.1:") != 1 || reports.count("Too many open files") != 1) return 4;
    return 0;
  });
  CHECK(end.exit_code == 0);
  CHECK(end.signal == 0);
  if (!detail::sanitized) CHECK(end.error_output == "");  // without descriptors the sanitizer cannot look at objects, and says so
}
