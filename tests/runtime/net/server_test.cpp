// SPDX-License-Identifier: MIT
#include "../../support/descriptors.hpp"
#include "../../support/fixture.hpp"
#include "../../support/network.hpp"

#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

task<> hold(stream peer) {
  co_await sleep_until(never);
  peer.close();
}

task<> until(bool const& condition) {
  while (!condition) co_await yield_now();
}

struct move_only_handler {
  std::unique_ptr<int> owner;
  task<> operator()(stream peer) const { co_await peer.write(std::to_string(*owner)); }
};

}  // namespace

TEST_CASE("a server listens on all addresses of its host with one port", "[runtime][server]") {
  auto const before = open_descriptors();
  run_real([]() -> task<> {
    server srv = co_await start_server(echo, "", 0);
    auto const addresses = srv.addresses();
    REQUIRE(addresses.size() == 2);
    CHECK(addresses[0].to_string() == "0.0.0.0:" + std::to_string(srv.port()));
    CHECK(addresses[1].to_string() == "[::]:" + std::to_string(srv.port()));
    CHECK(srv.port() != 0);
    CHECK(srv.is_serving());
    for (char const* host : {"127.0.0.1", "::1", "localhost"}) {
      stream s = co_await open_connection(host, srv.port());
      co_await s.write("x");
      std::string const back = co_await s.read(1);
      CHECK(back == "x");
    }
    std::vector<std::string> hosts(2, "127.0.0.1");
    hosts.push_back("127.0.0.3");
    server several = co_await start_server(echo, hosts, 0);
    CHECK(several.addresses().size() == 2);
    server v6 = co_await start_server(echo, "", 0, {.family = address_family::ipv6});
    CHECK(v6.addresses().size() == 1);
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("a server that cannot start says why and leaves nothing open", "[runtime][server]") {
  auto const before = open_descriptors();
  run_real([]() -> task<> {
    server first = co_await start_server(echo, "127.0.0.1", 0);
    std::string const taken = co_await failure_text(start_server(echo, "127.0.0.1", first.port()));
    CHECK(taken == "bind 127.0.0.1:" + std::to_string(first.port()) + ": Address already in use");
    std::string const foreign = co_await failure_text(start_server(echo, "192.0.2.1", 0));
    CHECK(foreign == "bind 192.0.2.1:0: Cannot assign requested address");
    std::string const nowhere = co_await failure_text(start_server(echo, std::vector<std::string>(), 0));
    CHECK(nowhere == "start_server needs a host; an empty one means all of this machine");
    server shared = co_await start_server(echo, "127.0.0.1", 0, {.reuse_port = true});
    server sharing = co_await start_server(echo, "127.0.0.1", shared.port(), {.reuse_port = true});
    CHECK(sharing.port() == shared.port());
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("a server may begin to serve later", "[runtime][server]") {
  run_real([]() -> task<> {
    server srv = co_await start_server(echo, "127.0.0.1", 0, {.start_serving = false});
    CHECK_FALSE(srv.is_serving());
    CHECK(srv.addresses().size() == 1);
    bool refused = false;
    try {
      stream const s = co_await open_connection("127.0.0.1", srv.port());
    } catch (std::system_error const&) {
      refused = true;
    }
    CHECK(refused);
    srv.start_serving();
    co_await srv.start_serving();
    std::string const answer = co_await ask(srv.port(), "now");
    CHECK(answer == "now");

    server other = co_await start_server(echo, "127.0.0.1", 0, {.start_serving = false});
    auto const serving = create_task(other.serve_forever());
    co_await settle();
    std::string const also = co_await ask(other.port(), "too");
    CHECK(also == "too");
    auto const second = create_task(other.serve_forever());
    co_await wait(std::vector(1, second));
    CHECK(kind(second.exception()) == "logic_error");
    other.close();
    co_await serving;
  });
}

TEST_CASE("each connection is a task named after its client", "[runtime][server]") {
  run_real([]() -> task<> {
    server srv = co_await start_server(hold, "127.0.0.1", 0);
    stream s = co_await open_connection("127.0.0.1", srv.port());
    co_await until_connections(srv, 1);
    auto const tasks = all_tasks();
    auto const found = std::ranges::find(tasks, s.local_address().to_string(), &any_task::name);
    REQUIRE(found != tasks.end());
    co_await settle();
    CHECK(found->description().find("hold (server_test.cpp:") != std::string::npos);
    srv.close_clients();
    co_await until_connections(srv, 0);
  });
}

TEST_CASE("a handler lives until its last connection has ended, and keeps what it holds", "[runtime][server]") {
  int const alive = counted::alive;
  run_real([&]() -> task<> {
    bool released = false;
    {
      auto handler = [kept = counted(7), &released](stream peer) -> task<> {
        co_await until(released);
        co_await peer.write(std::to_string(kept.value));
      };
      server srv = co_await start_server(handler, "127.0.0.1", 0);
      stream s = co_await open_connection("127.0.0.1", srv.port());
      co_await until_connections(srv, 1);
      srv.close();
      auto const closed = create_task(srv.wait_closed());
      co_await settle();
      released = true;
      co_await closed;
      std::string const said = co_await s.read_all();
      CHECK(said == "7");
      move_only_handler move_only{std::make_unique<int>(5)};
      server second = co_await start_server(std::move(move_only), "127.0.0.1", 0);
      std::string const five = co_await ask(second.port(), "");
      CHECK(five == "5");
    }
    co_await settle();
    CHECK(counted::alive == alive);
  });
  CHECK(counted::alive == alive);
}

TEST_CASE("accepted connections have the options of their server", "[runtime][server]") {
  run_real([]() -> task<> {
    bool checked = false;
    auto const option = [](stream const& s, int level, int name) {
      int value = -1;
      socklen_t length = sizeof value;
      getsockopt(s.fd(), level, name, &value, &length);
      return value;
    };
    auto handler = [&](stream peer) -> task<> {
      CHECK(option(peer, IPPROTO_TCP, TCP_NODELAY) == 1);
      CHECK(option(peer, SOL_SOCKET, SO_KEEPALIVE) == 1);
      CHECK(option(peer, IPPROTO_TCP, TCP_KEEPCNT) == 3);
      CHECK(option(peer, SOL_SOCKET, SO_SNDBUF) == 50000);
      CHECK(peer.limit() == 77);
      CHECK((fcntl(peer.fd(), F_GETFD) & FD_CLOEXEC) != 0);
      CHECK((fcntl(peer.fd(), F_GETFL) & O_NONBLOCK) == 0);
      checked = true;
      co_return;
    };
    server srv = co_await start_server(handler, "127.0.0.1", 0,
                                       {.limit = 77, .keep_alive = true, .keep_alive_probes = {.count = 3}, .send_buffer = 25000});
    stream s = co_await open_connection("127.0.0.1", srv.port());
    co_await until(checked);
  });
}

TEST_CASE("task-local values of who started a server are seen by its handlers", "[runtime][server]") {
  static task_local<int> number;
  run_real([]() -> task<> {
    int seen = 0;
    auto handler = [&](stream) -> task<> {
      seen = number.get();
      co_return;
    };
    number.set(5);
    server srv = co_await start_server(handler, "127.0.0.1", 0);
    std::string const nothing = co_await ask(srv.port(), "");
    CHECK(nothing.empty());
    CHECK(seen == 5);
  });
}
