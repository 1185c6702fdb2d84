// SPDX-License-Identifier: MIT
#include "../../support/descriptors.hpp"
#include "../../support/fixture.hpp"
#include "../../support/network.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <sys/socket.h>
#include <unistd.h>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

struct listener {
  listener() : fd(io::make_socket(AF_INET, io::socket_kind::stream)) {
    io::bind(fd.get(), socket_address::ip("127.0.0.1", 0));
    port = socket_address::local_of(fd.get()).port();
  }
  unique_fd copy() const { return unique_fd(dup(fd.get())); }
  unique_fd fd;
  std::uint16_t port = 0;
};

}  // namespace

TEST_CASE("a server can serve on a socket that is bound already", "[net][server]") {
  std::size_t const before = open_descriptors();
  halka::run([]() -> task<> {
    listener at;
    server one = co_await start_server(echo, std::move(at.fd));
    CHECK(one.port() == at.port);
    std::string const answer = co_await ask(one.port(), "hello");
    CHECK(answer == "hello");
    one.close();
    co_await one.wait_closed();
    // The kernel lets go of the socket with the last operation on it, a moment later.
    std::string refused;
    while (refused.find("Connection refused") == std::string::npos) refused = co_await failure_text(ask(at.port, "hello"));
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("closing one of the servers on a shared socket leaves every connection to the others", "[net][server]") {
  halka::run([]() -> task<> {
    listener const at;
    server stays = co_await start_server(echo, at.copy());
    for (int i = 0; i < 20; ++i) {
      server goes = co_await start_server(echo, at.copy());
      // They are connected by the kernel; nobody has accepted them when one server closes.
      std::vector<task_handle<std::string>> asked;
      for (int n = 0; n < 8; ++n) asked.push_back(create_task(ask(at.port, "hello")));
      for (int n = 0; n < i % 5; ++n) co_await yield_now();
      goes.close();
      for (auto const& answer : asked) {
        std::string const text = co_await answer;
        CHECK(text == "hello");
      }
      co_await goes.wait_closed();
    }
    CHECK(stays.is_serving());
  });
}

TEST_CASE("several sockets, and options of the server", "[net][server]") {
  halka::run([]() -> task<> {
    listener a;
    listener b;
    std::uint16_t const port_b = b.port;
    std::vector<unique_fd> sockets;
    sockets.push_back(std::move(a.fd));
    sockets.push_back(std::move(b.fd));
    server both = co_await start_server(echo, std::move(sockets), {.start_serving = false});
    CHECK_FALSE(both.is_serving());
    CHECK(both.addresses().size() == 2);
    both.start_serving();
    std::string const first = co_await ask(a.port, "a");
    std::string const second = co_await ask(port_b, "b");
    CHECK(first == "a");
    CHECK(second == "b");
  });
}

TEST_CASE("what is no stream socket cannot be served on", "[net][server]") {
  halka::run([]() -> task<> {
    unique_fd datagram = io::make_socket(AF_INET, io::socket_kind::datagram);
    std::string text = co_await failure_text(start_server(echo, std::move(datagram)));
    CHECK_THAT(text, ContainsSubstring("start_server needs stream sockets"));
    text = co_await failure_text(start_server(echo, std::vector<unique_fd>()));
    CHECK(text == "start_server needs a socket");
    pipe_ends pipe = make_pipe();
    text = co_await failure_text(start_server(echo, std::move(pipe.read_end)));
    CHECK_THAT(text, ContainsSubstring("start_server with descriptor"));
  });
}
