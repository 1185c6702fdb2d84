// SPDX-License-Identifier: MIT
#include "../support/fixture.hpp"

#include <halka/io/socket_address.hpp>

#include <catch2/catch_test_macros.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

#include "../support/descriptors.hpp"

using namespace halka;
using namespace halka::test;
using namespace std::string_view_literals;

TEST_CASE("an IP address is read from numbers and written as numbers", "[io][socket_address]") {
  auto const v4 = socket_address::ip("127.0.0.1", 80);
  CHECK(v4.is_set());
  CHECK(v4.is_ip());
  CHECK_FALSE(v4.is_unix());
  CHECK(v4.family() == AF_INET);
  CHECK(v4.size() == sizeof(sockaddr_in));
  CHECK(v4.port() == 80);
  CHECK(v4.host() == "127.0.0.1");
  CHECK(v4.to_string() == "127.0.0.1:80");

  auto const v6 = socket_address::ip("2001:DB8::1", 65535);
  CHECK(v6.family() == AF_INET6);
  CHECK(v6.size() == sizeof(sockaddr_in6));
  CHECK(v6.port() == 65535);
  CHECK(v6.host() == "2001:db8::1");
  CHECK(v6.to_string() == "[2001:db8::1]:65535");
}

TEST_CASE("an IPv6 address carries the interface that it is on", "[io][socket_address]") {
  auto const scoped = socket_address::ip("fe80::1%lo", 1);
  CHECK(scoped.host() == "fe80::1%lo");
  CHECK(scoped != socket_address::ip("fe80::1", 1));
  CHECK_THROWS_AS(socket_address::ip("fe80::1%no-such-interface", 1), std::invalid_argument);
}

TEST_CASE("what is not an address in numbers is refused, and the text says so", "[io][socket_address]") {
  for (char const* text : {"", "localhost", "127.0.0", "127.0.0.256", "1.2.3.4:80", "[::1]", "::g", " 127.0.0.1"}) {
    std::string said;
    try {
      socket_address::ip(text, 1);
    } catch (std::invalid_argument const& e) {
      said = e.what();
    }
    CHECK(said == "'" + std::string(text) + "' is not an IP address in numbers");
  }
}

TEST_CASE("a unix address is a path or an abstract name", "[io][socket_address]") {
  auto const path = socket_address::unix_path("/run/x.sock");
  CHECK(path.is_unix());
  CHECK_FALSE(path.is_ip());
  CHECK(path.port() == 0);
  CHECK(path.to_string() == "/run/x.sock");

  auto const hidden = socket_address::unix_path("\0name"sv);
  CHECK(hidden.to_string() == "@name");
  CHECK(hidden.size() == offsetof(sockaddr_un, sun_path) + 5);

  std::string const longest(107, 'x');
  CHECK(socket_address::unix_path(longest).host() == longest);
  CHECK_THROWS_AS(socket_address::unix_path(std::string(108, 'x')), std::invalid_argument);
  CHECK_THROWS_AS(socket_address::unix_path(""), std::invalid_argument);
}

TEST_CASE("an address of no socket has no family, no port and says so", "[io][socket_address]") {
  socket_address const none;
  CHECK_FALSE(none.is_set());
  CHECK(none.family() == AF_UNSPEC);
  CHECK(none.port() == 0);
  CHECK(none.size() == 0);
  CHECK(none.to_string() == "(none)");
  sockaddr unknown{};
  unknown.sa_family = AF_PACKET;
  CHECK_FALSE(socket_address(&unknown, sizeof unknown).is_set());
}

TEST_CASE("addresses are equal when they name the same end", "[io][socket_address]") {
  CHECK(socket_address::ip("10.0.0.1", 5) == socket_address::ip("10.0.0.1", 5));
  CHECK(socket_address::ip("10.0.0.1", 5) != socket_address::ip("10.0.0.1", 6));
  CHECK(socket_address::ip("10.0.0.1", 5) != socket_address::ip("10.0.0.2", 5));
  CHECK(socket_address::ip("0.0.0.0", 0) != socket_address::ip("::", 0));
  CHECK(socket_address() == socket_address());
  CHECK(socket_address::unix_path("a") != socket_address::unix_path("\0a"sv));
}

TEST_CASE("a socket tells the addresses of its ends", "[io][socket_address]") {
  socket_pair const s;
  CHECK(socket_address::local_of(s.first.get()).to_string() == "(unnamed)");
  CHECK(socket_address::peer_of(s.first.get()).is_unix());
  CHECK_FALSE(socket_address::local_of(-1).is_set());
  pipe_pair const p;
  CHECK_FALSE(socket_address::peer_of(p.read_end.get()).is_set());
}

TEST_CASE("text with a zero character in it is no address, whatever stands before it", "[io][socket_address]") {
  CHECK_THROWS_AS(socket_address::ip("127.0.0.1\0.evil"sv, 80), std::invalid_argument);
  CHECK_THROWS_AS(socket_address::ip("::1\0"sv, 80), std::invalid_argument);
  CHECK_THROWS_AS(socket_address::unix_path("/tmp/a\0b"sv), std::invalid_argument);
  CHECK(socket_address::unix_path("\0a\0b"sv).is_unix());  // an abstract name may have them
}
