// SPDX-License-Identifier: MIT
#include "../../support/descriptors.hpp"
#include "../../support/fixture.hpp"
#include "../../support/network.hpp"

#include <catch2/catch_test_macros.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::string_view_literals;

TEST_CASE("a local and a remote address make a server and its client", "[runtime][datagram]") {
  auto const before = open_descriptors();
  run_real([]() -> task<> {
    datagram server = co_await open_datagram({.local = {"127.0.0.1", 0}});
    datagram client = co_await open_datagram({.remote = server.local_address()});
    CHECK(server.local_address().host() == "127.0.0.1");
    CHECK(client.peer_address() == server.local_address());
    co_await client.send("hello");
    received_datagram const hello = co_await server.receive_from();
    CHECK(hello.data == "hello");
    CHECK(hello.sender == client.local_address());
    co_await server.send_to("HELLO", hello.sender);
    std::string const answer = co_await client.receive();
    CHECK(answer == "HELLO");
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("a datagram socket takes names, and both ends get the same family", "[runtime][datagram]") {
  run_real([]() -> task<> {
    datagram server = co_await open_datagram({.local = {"localhost", 0}, .family = address_family::ipv4});
    CHECK(server.local_address().host() == "127.0.0.1");
    datagram client = co_await open_datagram({.local = {"", 0}, .remote = {"127.0.0.1", server.local_address().port()}});
    CHECK(client.peer_address() == server.local_address());
    co_await client.send("x");
    std::string const got = co_await server.receive();
    CHECK(got == "x");
    datagram v6 = co_await open_datagram({.local = {"::1", 0}});
    CHECK(v6.local_address().host() == "::1");
    datagram free = co_await open_datagram({.family = address_family::ipv4});
    co_await free.send_to("y", server.local_address());
    std::string const also = co_await server.receive();
    CHECK(also == "y");
  });
}

TEST_CASE("a datagram socket that cannot be opened says why", "[runtime][datagram]") {
  auto const before = open_descriptors();
  run_real([]() -> task<> {
    std::string const nothing = co_await failure_text(open_datagram({}));
    CHECK(nothing == "open_datagram needs a local address, a remote address or a family");
    std::string const mixed = co_await failure_text(open_datagram({.local = {"127.0.0.1", 0}, .remote = {"::1", 9}}));
    CHECK(mixed == "open_datagram: the local and the remote address are of different families");
    datagram first = co_await open_datagram({.local = {"127.0.0.1", 0}});
    std::string const taken = co_await failure_text(open_datagram({.local = first.local_address()}));
    CHECK(taken == "bind " + first.local_address().to_string() + ": Address already in use");
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("two sockets share a port when both ask for it", "[runtime][datagram]") {
  run_real([]() -> task<> {
    datagram first = co_await open_datagram({.local = {"127.0.0.1", 0}, .reuse_port = true});
    datagram second = co_await open_datagram({.local = first.local_address(), .reuse_port = true});
    CHECK(second.local_address() == first.local_address());
  });
}

TEST_CASE("unix datagrams are sent to a path", "[runtime][datagram]") {
  run_real([]() -> task<> {
    auto const name = "\0halka datagram test"sv;
    datagram server = co_await open_datagram({.local = socket_address::unix_path(name)});
    datagram client = co_await open_datagram({.remote = socket_address::unix_path(name)});
    co_await client.send("over a name");
    received_datagram const got = co_await server.receive_from();
    CHECK(got.data == "over a name");
    CHECK_FALSE(got.sender.is_set());
  });
}
