// SPDX-License-Identifier: MIT
#include "../support/descriptors.hpp"
#include "../support/fixture.hpp"

#include <halka/io/socket.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <string>
#include <system_error>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

int option_of(unique_fd const& fd, int level, int option) {
  int value = -1;
  socklen_t length = sizeof value;
  getsockopt(fd.get(), level, option, &value, &length);
  return value;
}

template <class F>
std::system_error failure_of(F&& fn) {
  try {
    fn();
  } catch (std::system_error const& e) {
    return e;
  }
  throw std::logic_error("it did not fail");
}

}  // namespace

TEST_CASE("a new socket is close-on-exec, blocks, and is closed with its owner", "[io][socket]") {
  auto const before = open_descriptors();
  {
    auto const fd = io::make_socket(AF_INET, io::socket_kind::stream);
    CHECK((fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK((fcntl(fd.get(), F_GETFL) & O_NONBLOCK) == 0);
    CHECK(option_of(fd, SOL_SOCKET, SO_TYPE) == SOCK_STREAM);
    auto const other = io::make_socket(AF_UNIX, io::socket_kind::datagram);
    CHECK(option_of(other, SOL_SOCKET, SO_TYPE) == SOCK_DGRAM);
    CHECK(open_descriptors() == before + 2);
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("a socket of a family that does not exist is refused", "[io][socket]") {
  auto const e = failure_of([] { io::make_socket(12345, io::socket_kind::stream); });
  CHECK(e.code() == std::errc::address_family_not_supported);
  CHECK(std::string(e.what()) == "socket: Address family not supported by protocol");
}

TEST_CASE("socket options arrive in the kernel", "[io][socket]") {
  auto const fd = io::make_socket(AF_INET6, io::socket_kind::stream);
  io::set_no_delay(fd.get(), true);
  CHECK(option_of(fd, IPPROTO_TCP, TCP_NODELAY) == 1);
  io::set_no_delay(fd.get(), false);
  CHECK(option_of(fd, IPPROTO_TCP, TCP_NODELAY) == 0);
  io::set_keep_alive(fd.get(), true, {.idle = 33s, .interval = 7s, .count = 5});
  CHECK(option_of(fd, SOL_SOCKET, SO_KEEPALIVE) == 1);
  CHECK(option_of(fd, IPPROTO_TCP, TCP_KEEPIDLE) == 33);
  CHECK(option_of(fd, IPPROTO_TCP, TCP_KEEPINTVL) == 7);
  CHECK(option_of(fd, IPPROTO_TCP, TCP_KEEPCNT) == 5);
  io::set_keep_alive(fd.get(), false);
  CHECK(option_of(fd, SOL_SOCKET, SO_KEEPALIVE) == 0);
  io::set_send_buffer(fd.get(), 20000);
  CHECK(option_of(fd, SOL_SOCKET, SO_SNDBUF) == 40000);  // the kernel counts its own part too
  io::set_receive_buffer(fd.get(), 30000);
  CHECK(option_of(fd, SOL_SOCKET, SO_RCVBUF) == 60000);
  io::set_reuse_address(fd.get(), true);
  CHECK(option_of(fd, SOL_SOCKET, SO_REUSEADDR) == 1);
  io::set_reuse_port(fd.get(), true);
  CHECK(option_of(fd, SOL_SOCKET, SO_REUSEPORT) == 1);
  io::set_v6_only(fd.get(), true);
  CHECK(option_of(fd, IPPROTO_IPV6, IPV6_V6ONLY) == 1);
}

TEST_CASE("a refused option says which and where", "[io][socket]") {
  auto const fd = io::make_socket(AF_UNIX, io::socket_kind::stream);
  auto const e = failure_of([&] { io::set_no_delay(fd.get(), true); });
  CHECK(std::string(e.what()) == "set TCP_NODELAY on fd " + std::to_string(fd.get()) + ": Operation not supported");
}

TEST_CASE("binding and listening fail with the address in the text", "[io][socket]") {
  auto const first = io::make_socket(AF_INET, io::socket_kind::stream);
  io::bind(first.get(), socket_address::ip("127.0.0.1", 0));
  io::listen(first.get(), 1);
  auto const address = socket_address::local_of(first.get());
  CHECK(address.port() != 0);

  auto const second = io::make_socket(AF_INET, io::socket_kind::stream);
  auto const taken = failure_of([&] { io::bind(second.get(), address); });
  CHECK(taken.code() == std::errc::address_in_use);
  CHECK(std::string(taken.what()) == "bind " + address.to_string() + ": Address already in use");

  auto const foreign = failure_of([&] { io::bind(second.get(), socket_address::ip("192.0.2.1", 80)); });
  CHECK(std::string(foreign.what()) == "bind 192.0.2.1:80: Cannot assign requested address");

  auto const datagrams = io::make_socket(AF_INET, io::socket_kind::datagram);
  io::bind(datagrams.get(), socket_address::ip("127.0.0.1", 0));
  auto const refused = failure_of([&] { io::listen(datagrams.get(), 1); });
  CHECK(std::string(refused.what()) ==
        "listen " + socket_address::local_of(datagrams.get()).to_string() + ": Operation not supported");
}
