// SPDX-License-Identifier: MIT
#include "../support/descriptors.hpp"
#include "../support/fixture.hpp"
#include "../support/network.hpp"

#include <halka/io/datagram.hpp>
#include <halka/io/socket.hpp>

#include <catch2/catch_test_macros.hpp>

#include <sys/socket.h>
#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

/// A UDP socket on a free port of the loopback address.
datagram udp() {
  unique_fd fd = io::make_socket(AF_INET, io::socket_kind::datagram);
  io::bind(fd.get(), socket_address::ip("127.0.0.1", 0));
  return datagram(std::move(fd));
}

}  // namespace

TEST_CASE("multicast reaches those who joined, on this machine too", "[io][datagram]") {
  run_real([]() -> task<> {
    unique_fd fd = io::make_socket(AF_INET, io::socket_kind::datagram);
    io::bind(fd.get(), socket_address::ip("0.0.0.0", 0));
    datagram member(std::move(fd));
    member.join_group("239.255.7.7", "lo");
    datagram sender = udp();
    sender.set_multicast_interface("lo");
    sender.set_multicast_hops(1);
    sender.set_multicast_loopback(true);
    auto const group = socket_address::ip("239.255.7.7", member.local_address().port());
    co_await sender.send_to("to all", group);
    std::string const got = co_await member.receive();
    CHECK(got == "to all");
    member.leave_group("239.255.7.7", "lo");
    co_await sender.send_to("nobody hears this", group);
    co_await sender.send_to("but this", socket_address::ip("127.0.0.1", group.port()));
    std::string const after = co_await member.receive();
    CHECK(after == "but this");

    std::string said;
    try {
      member.join_group("127.0.0.1");
    } catch (std::system_error const& e) {
      said = e.what();
    }
    CHECK(said == "join group 127.0.0.1: Invalid argument");
    CHECK(kind_thrown([&] { member.join_group("no address"); }) == "invalid_argument");
    CHECK(kind_thrown([&] { member.join_group("239.255.7.7", "no-such-interface"); }) == "invalid_argument");
  });
}

TEST_CASE("broadcast must be allowed", "[io][datagram]") {
  run_real([]() -> task<> {
    datagram a = udp();
    auto const everybody = socket_address::ip("127.255.255.255", 9);
    std::string const said = co_await failure_text(a.send_to("x", everybody));
    CHECK(said == "send to 127.255.255.255:9: Permission denied");
    a.set_broadcast(true);
    std::string const allowed = co_await failure_text(a.send_to("x", everybody));
    CHECK(allowed == "none");
  });
}

TEST_CASE("only a datagram socket makes a datagram", "[io][datagram]") {
  run_real([]() -> task<> {
    CHECK(kind_thrown([] { datagram d(io::make_socket(AF_INET, io::socket_kind::stream)); }) == "system_error");
    CHECK(kind_thrown([] { datagram d{unique_fd()}; }) == "system_error");
    co_return;
  });
  unique_fd fd = io::make_socket(AF_INET, io::socket_kind::datagram);
  CHECK(kind_thrown([&] { datagram d(std::move(fd)); }) == "logic_error");
}
