// SPDX-License-Identifier: MIT
#include "../support/descriptors.hpp"
#include "../support/fixture.hpp"
#include "../support/network.hpp"

#include <catch2/catch_test_macros.hpp>

#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <cctype>
#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

task<> echo_in_capitals(stream peer) {
  std::string data = co_await peer.read_all();
  std::ranges::transform(data, data.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  co_await peer.write(data);
  co_await peer.close();
}

}  // namespace

TEST_CASE("STR-06: write_eof reaches the peer as the end while the other direction still works", "[case][STR-06]") {
  auto const before = open_descriptors();
  captured_reports const reports;
  run_real([]() -> task<> {
    trace log;
    server srv = co_await start_server(echo_in_capitals, "127.0.0.1", 0);
    stream client = co_await open_connection("127.0.0.1", srv.port());
    co_await client.write("ab");
    co_await client.write("cd");
    co_await client.write_eof();
    std::string answer = co_await client.read_all();
    log.push_back(std::move(answer));
    co_await client.close();
    srv.close();
    co_await srv.wait_closed();
    CHECK(log == trace{"ABCD"});
  });
  CHECK(reports.texts().empty());
  CHECK(open_descriptors() == before);
}

TEST_CASE("STR-10: a cancelled serve_forever closes the server, and a second one is refused", "[case][STR-10]") {
  auto const before = open_descriptors();
  run_real([]() -> task<> {
    server srv = co_await start_server(echo, "127.0.0.1", 0);
    std::string const name = srv.addresses().front().to_string();
    auto const serving = create_task(srv.serve_forever());
    co_await sleep(10ms);
    CHECK(srv.is_serving());
    serving.cancel();
    co_await wait(std::vector(1, serving));
    CHECK(serving.cancelled());
    CHECK(srv.addresses().empty());
    CHECK_FALSE(srv.is_serving());
    auto const again = create_task(srv.serve_forever());
    co_await wait(std::vector(1, again));
    CHECK(kind(again.exception()) == "logic_error");
    CHECK(describe(again.exception()).ends_with("server " + name + " is closed"));
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("STR-11: a handler that fails is reported, a cancelled one is not, and other clients go on", "[case][STR-11]") {
  auto const before = open_descriptors();
  run_real([]() -> task<> {
    trace log;
    get_running_loop().set_exception_handler([&](exception_context const& c) { log.push_back(c.message + " | " + c.traceback); });
    int connections = 0;
    auto handler = [&](stream peer) -> task<> {
      int const number = ++connections;
      std::string const first = co_await peer.read(1);
      if (number == 1) throw boom("spam");
      if (number == 2) current_task().cancel();
      co_await echo(std::move(peer));
    };
    server srv = co_await start_server(handler, "127.0.0.1", 0);
    stream one = co_await open_connection("127.0.0.1", srv.port());
    co_await one.write("x");
    std::string const one_read = co_await one.read(1);
    CHECK(one_read.empty());
    stream two = co_await open_connection("127.0.0.1", srv.port());
    co_await two.write("x");
    std::string const two_read = co_await two.read(1);
    CHECK(two_read.empty());
    std::string const three = co_await ask(srv.port(), "-echo");
    CHECK(three == "echo");
    REQUIRE(log.size() == 1);
    std::string const expected = "unhandled exception in connection handler of server " + srv.addresses().front().to_string() +
                                 " for " + one.local_address().to_string() + " | ";
    CHECK(log.front().starts_with(expected));
    CHECK(log.front().find("stream_server_cases_test.cpp") != std::string::npos);
    CHECK(log.front().ends_with("halka::test::boom: spam"));
    CHECK(srv.statistics().failed == 1);
    CHECK(srv.statistics().accepted == 3);
    srv.close();
    co_await srv.wait_closed();
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("STR-13: the socket file is removed on close, but not one that somebody else put there", "[case][STR-13]") {
  auto const before = open_descriptors();
  socket_directory const directory;
  run_real([&]() -> task<> {
    std::string const path = (directory.path / "one").string();
    server srv = co_await start_unix_server(echo, path);
    CHECK(std::filesystem::is_socket(path));
    srv.close();
    CHECK_FALSE(std::filesystem::exists(path));

    std::string const path2 = (directory.path / "two").string();
    server srv2 = co_await start_unix_server(echo, path2);
    std::filesystem::remove(path2);
    unique_fd const other = io::make_socket(AF_UNIX, io::socket_kind::stream);
    io::bind(other.get(), socket_address::unix_path(path2));
    srv2.close();
    CHECK(std::filesystem::is_socket(path2));
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("STR-15: every address is tried in turn, and all failures are reported together", "[case][STR-15]") {
  auto const before = open_descriptors();
  run_real([]() -> task<> {
    server srv = co_await start_server(echo, "127.0.0.1", 0);
    std::uint16_t free_port = 0;
    {
      server gone = co_await start_server(echo, "127.0.0.1", 0);
      free_port = gone.port();
    }
    std::vector<socket_address> addresses;
    addresses.push_back(socket_address::ip("127.0.0.1", free_port));
    addresses.push_back(srv.addresses().front());
    stream s = co_await open_connection(addresses);
    CHECK(s.peer_address() == srv.addresses().front());

    addresses.back() = socket_address::ip("127.0.0.2", free_port);
    std::string said;
    std::error_code code;
    try {
      stream const none = co_await open_connection(addresses);
    } catch (std::system_error const& e) {
      said = e.what();
      code = e.code();
    }
    CHECK(code == std::errc::connection_refused);
    CHECK(said == "connect: all 2 addresses failed (connect " + addresses[0].to_string() + ": Connection refused; connect " +
                      addresses[1].to_string() + ": Connection refused): Connection refused");
  });
  CHECK(open_descriptors() == before);
}
