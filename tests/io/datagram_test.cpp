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

/// One that is connected to `peer`.
datagram udp_to(socket_address const& peer) {
  unique_fd fd = io::make_socket(peer.family(), io::socket_kind::datagram);
  if (connect(fd.get(), peer.data(), static_cast<socklen_t>(peer.size())) != 0) throw std::logic_error("connect");
  return datagram(std::move(fd));
}

std::pair<datagram, datagram> unix_pair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) != 0) throw std::logic_error("socketpair");
  return {datagram(unique_fd(ends[0])), datagram(unique_fd(ends[1]))};
}

}  // namespace

TEST_CASE("a message arrives whole, with the address of its sender", "[io][datagram]") {
  run_real([]() -> task<> {
    datagram a = udp();
    datagram b = udp();
    co_await a.send_to("one", b.local_address());
    co_await a.send_to("", b.local_address());
    co_await a.send_to("three", b.local_address());
    received_datagram const one = co_await b.receive_from();
    CHECK(one.data == "one");
    CHECK(one.sender == a.local_address());
    CHECK(one.full_size == 3);
    CHECK_FALSE(one.truncated);
    received_datagram const empty = co_await b.receive_from();
    CHECK(empty.data.empty());
    CHECK(empty.sender == a.local_address());
    std::string const three = co_await b.receive();
    CHECK(three == "three");
    CHECK(a.statistics().messages_sent == 3);
    CHECK(a.statistics().bytes_sent == 8);
    CHECK(b.statistics().messages_received == 3);
    CHECK(b.statistics().bytes_received == 8);
  });
}

TEST_CASE("receive suspends until a message comes", "[io][datagram]") {
  run_real([]() -> task<> {
    datagram a = udp();
    datagram b = udp();
    auto const waiting = create_task(b.receive());
    co_await settle();
    CHECK_FALSE(waiting.done());
    co_await a.send_to("late", b.local_address());
    std::string const& got = co_await waiting;
    CHECK(got == "late");
  });
}

TEST_CASE("a message that is longer than its place is cut, and that is told", "[io][datagram]") {
  run_real([]() -> task<> {
    datagram a = udp();
    datagram b = udp();
    for (int i = 0; i < 3; ++i) co_await a.send_to("0123456789", b.local_address());
    received_datagram const cut = co_await b.receive_from(4);
    CHECK(cut.data == "0123");
    CHECK(cut.truncated);
    CHECK(cut.full_size == 10);
    std::string const said = co_await failure_text(b.receive(9));
    CHECK(said == "receive a message of 10 bytes, of which 9 were wanted: Message too long");
    char memory[10];
    received_size const exact = co_await b.receive_into(memory);
    CHECK(exact.size == 10);
    CHECK_FALSE(exact.truncated);
    CHECK(std::string(memory, 10) == "0123456789");
  });
}

TEST_CASE("the longest message passes, and a longer one is refused", "[io][datagram]") {
  run_real([]() -> task<> {
    datagram a = udp();
    datagram b = udp();
    std::string const longest(65507, 'x');
    co_await a.send_to(longest, b.local_address());
    std::string const got = co_await b.receive();
    CHECK(got == longest);
    std::string const too_long(65508, 'x');
    std::string const said = co_await failure_text(a.send_to(too_long, b.local_address()));
    CHECK(said == "send to " + b.local_address().to_string() + ": Message too long");
    CHECK(a.statistics().messages_sent == 1);
  });
}

TEST_CASE("a connected socket sends to its peer and hears nobody else", "[io][datagram]") {
  run_real([]() -> task<> {
    datagram server = udp();
    datagram client = udp_to(server.local_address());
    datagram stranger = udp();
    CHECK(client.peer_address() == server.local_address());
    CHECK_FALSE(server.peer_address().is_set());
    co_await client.send("ping");
    received_datagram const ping = co_await server.receive_from();
    co_await stranger.send_to("noise", client.local_address());
    co_await server.send_to("pong", ping.sender);
    received_datagram const pong = co_await client.receive_from();
    CHECK(pong.data == "pong");
    CHECK(pong.sender == server.local_address());
  });
}

TEST_CASE("a connected socket learns that nobody listens", "[io][datagram]") {
  run_real([]() -> task<> {
    socket_address nobody;
    {
      datagram gone = udp();
      nobody = gone.local_address();
    }
    datagram client = udp_to(nobody);
    std::string const first = co_await failure_text(client.send("anybody?"));
    CHECK(first == "none");
    std::string const said = co_await failure_text(client.receive());
    CHECK(said == "receive on " + client.local_address().to_string() + " from " + nobody.to_string() + ": Connection refused");
  });
}

TEST_CASE("sending without an address is refused", "[io][datagram]") {
  run_real([]() -> task<> {
    datagram a = udp();
    std::string const said = co_await failure_text(a.send("x"));
    CHECK(said == "send: Destination address required");
    CHECK(kind_thrown([&] { a.send_to("x", socket_address()).discard(); }) == "invalid_argument");
  });
}

TEST_CASE("several tasks send and receive at the same time, and nothing is mixed", "[io][datagram]") {
  run_real([]() -> task<> {
    datagram a = udp();
    datagram b = udp();
    constexpr int count = 50;
    std::vector<task_handle<std::string>> receivers;
    for (int i = 0; i < count; ++i) receivers.push_back(create_task(b.receive()));
    co_await settle();
    std::vector<std::string> texts;
    for (int i = 0; i < count; ++i) texts.push_back(std::to_string(i) + std::string(static_cast<std::size_t>(i), '.'));
    std::vector<task<>> senders;
    for (std::string const& text : texts) senders.push_back(a.send_to(text, b.local_address()));
    co_await gather(std::move(senders));
    std::vector<std::string> got = co_await gather(receivers);
    std::ranges::sort(got);
    std::ranges::sort(texts);
    CHECK(got == texts);
  });
}

TEST_CASE("a cancelled receive loses nothing", "[io][datagram]") {
  run_real([]() -> task<> {
    datagram a = udp();
    datagram b = udp();
    auto const waiting = create_task(b.receive());
    co_await settle();
    waiting.cancel();
    co_await wait(std::vector(1, waiting));
    CHECK(waiting.cancelled());
    co_await a.send_to("kept", b.local_address());
    std::string const got = co_await b.receive();
    CHECK(got == "kept");
  });
}

TEST_CASE("closing ends those who wait, and everything after it", "[io][datagram]") {
  auto const before = open_descriptors();
  run_real([]() -> task<> {
    auto pair = unix_pair();
    std::vector<datagram> sockets;
    sockets.push_back(udp());
    sockets.push_back(udp_to(socket_address::ip("127.0.0.1", 9)));
    sockets.push_back(std::move(pair.first));
    for (datagram& socket : sockets) {
      auto const waiting = create_task(failure_text(socket.receive()));
      auto const second = create_task(failure_text(socket.receive_from()));
      co_await settle();
      socket.close();
      socket.close();
      std::string const& said = co_await waiting;
      CHECK(said == "receive on a closed socket: Bad file descriptor");
      std::string const& said_too = co_await second;
      CHECK(said_too == said);
      CHECK_FALSE(socket.is_open());
      CHECK(socket.fd() == -1);
      CHECK_FALSE(socket.local_address().is_set());
      CHECK(kind_thrown([&] { socket.send("x").discard(); }) == "system_error");
      CHECK(kind_thrown([&] { socket.set_broadcast(true); }) == "system_error");
    }
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("a socket may go while a task waits on it", "[io][datagram]") {
  auto const before = open_descriptors();
  run_real([]() -> task<> {
    task_handle<std::string> waiting;
    {
      datagram a = udp();
      waiting = create_task(failure_text(a.receive()));
      co_await settle();
    }
    std::string const& said = co_await waiting;
    CHECK(said == "receive on a closed socket: Bad file descriptor");
    datagram moved_to = udp();
    datagram moved_from = udp();
    moved_to = std::move(moved_from);
    CHECK(moved_to.is_open());
    CHECK_FALSE(moved_from.is_open());
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("unix datagrams keep their borders and tell when the other end is gone", "[io][datagram]") {
  run_real([]() -> task<> {
    auto pair = unix_pair();
    datagram& a = pair.first;
    datagram& b = pair.second;
    std::string const large(100'000, 'y');
    co_await a.send(large);
    co_await a.send("");
    received_datagram const cut = co_await b.receive_from();
    CHECK(cut.truncated);
    CHECK(cut.full_size == large.size());
    CHECK(cut.data.size() == datagram::largest);
    std::string const empty = co_await b.receive(large.size());
    CHECK(empty.empty());
    b.close();
    std::string const said = co_await failure_text(a.send("x"));
    CHECK((said.ends_with(": Connection refused") || said.ends_with(": Broken pipe")));
  });
}

TEST_CASE("a full socket makes its sender wait", "[io][datagram]") {
  run_real([]() -> task<> {
    auto pair = unix_pair();
    auto flood = [&]() -> task<int> {
      for (int i = 0; i < 1000; ++i) co_await pair.first.send("message");
      co_return 1000;
    };
    auto const sender = create_task(flood());
    co_await settle();
    CHECK_FALSE(sender.done());
    for (int i = 0; i < 1000; ++i) co_await pair.second.receive();
    int const& sent = co_await sender;
    CHECK(sent == 1000);
  });
}
