// SPDX-License-Identifier: MIT
#include "../../support/cancel_in_passes.hpp"
#include "../../support/error_of.hpp"

#include <halka/io/ops/accept.hpp>
#include <halka/io/ops/connect.hpp>
#include <halka/io/ops/receive_message.hpp>
#include <halka/io/ops/recv.hpp>
#include <halka/io/ops/send.hpp>
#include <halka/io/ops/send_message.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <array>
#include <stdexcept>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;

namespace {

/// A listening TCP socket on a port of its own.
struct listener {
  listener() : fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof any;
    if (bind(fd.get(), reinterpret_cast<sockaddr*>(&any), sizeof any) != 0 || listen(fd.get(), 16) != 0 ||
        getsockname(fd.get(), reinterpret_cast<sockaddr*>(&any), &length) != 0)
      throw std::runtime_error("listener");
    address = socket_address(reinterpret_cast<sockaddr*>(&any), length);
  }
  descriptor fd;
  socket_address address;
};

int tcp() { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }

task<> receive_some(int fd, std::string& into) {
  std::size_t const n = co_await io::recv(fd, into);
  into.resize(n);
}

}  // namespace

TEST_CASE("connect and accept make a connection, and tell the other end's address", "[io][ops]") {
  listener l;
  std::size_t const before = open_descriptors();
  run_real([&]() -> task<> {
    unique_fd const client(tcp());
    auto accept_one = [&]() -> task<io::accepted_connection> { co_return co_await io::accept(l.fd.get()); };
    auto accepting = spawn(accept_one);
    co_await settle();
    CHECK_FALSE(accepting.done());
    co_await io::connect(client.get(), l.address);
    io::accepted_connection& connection = co_await accepting;
    CHECK((fcntl(connection.fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
    sockaddr_in own{};
    socklen_t length = sizeof own;
    getsockname(client.get(), reinterpret_cast<sockaddr*>(&own), &length);
    CHECK(connection.peer.to_string() == socket_address(reinterpret_cast<sockaddr*>(&own), length).to_string());
    std::size_t const sent = co_await io::send(client.get(), "hello");
    CHECK(sent == 5);
    std::string into(100, '\0');
    co_await receive_some(connection.fd.get(), into);
    CHECK(into == "hello");
    connection.fd.close();
    into.resize(10);
    co_await receive_some(client.get(), into);
    CHECK(into.empty());
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("errors of operations on sockets name the operation and its object", "[io][ops]") {
  socket_address nobody;
  {
    listener const l;
    nobody = l.address;
  }
  socket_pair s;
  s.second.close();
  run_real([&]() -> task<> {
    unique_fd const client(tcp());
    auto error = co_await error_of([&]() -> task<> { co_await io::connect(client.get(), nobody); }());
    CHECK(error == "connect " + nobody.to_string() + ": Connection refused");
    std::string const number = std::to_string(client.get());
    error = co_await error_of([&]() -> task<> { co_await io::accept(client.get()); }());
    CHECK(error == "accept fd " + number + ": Invalid argument");
    error = co_await error_of([&]() -> task<> { co_await io::send(s.first.get(), "x"); }());
    CHECK(error == "send fd " + std::to_string(s.first.get()) + ": Broken pipe");  // and no SIGPIPE
    std::string into(1, '\0');
    error = co_await error_of([&]() -> task<> { co_await io::recv(9999, into); }());
    CHECK(error == "recv fd 9999: Bad file descriptor");
    msghdr message{};
    error = co_await error_of([&]() -> task<> { co_await io::send_message(9999, message); }());
    CHECK(error == "sendmsg fd 9999: Bad file descriptor");
    error = co_await error_of([&]() -> task<> { co_await io::receive_message(9999, message); }());
    CHECK(error == "recvmsg fd 9999: Bad file descriptor");
  });
}

TEST_CASE("messages of several buffers are sent and received whole", "[io][ops]") {
  socket_pair s;
  run_real([&]() -> task<> {
    std::string one = "one ";
    std::string two = "two";
    std::array<iovec, 2> out{iovec{one.data(), one.size()}, iovec{two.data(), two.size()}};
    msghdr sent{};
    sent.msg_iov = out.data();
    sent.msg_iovlen = out.size();
    std::size_t n = co_await io::send_message(s.first.get(), sent);
    CHECK(n == 7);
    std::string a(3, '\0');
    std::string b(10, '\0');
    std::array<iovec, 2> in{iovec{a.data(), a.size()}, iovec{b.data(), b.size()}};
    msghdr received{};
    received.msg_iov = in.data();
    received.msg_iovlen = in.size();
    n = co_await io::receive_message(s.second.get(), received);
    CHECK(n == 7);
    CHECK(a == "one");
    CHECK(b.substr(0, 4) == " two");
  });
}

TEST_CASE("a receive that is cancelled loses nothing", "[io][ops][cancel]") {
  socket_pair s;
  run_real([&]() -> task<> {
    std::string into(10, '\0');
    auto receiving = spawn(receive_some, s.first.get(), std::ref(into));
    co_await settle();
    receiving.cancel();
    co_await settle();
    CHECK(receiving.cancelled());
    co_await io::send(s.second.get(), "bytes");
    co_await receive_some(s.first.get(), into);
    CHECK(into == "bytes");
  });
}

TEST_CASE("a connection that is accepted while its task is cancelled is returned or stays in the queue", "[io][ops][cancel]") {
  for (int i = 0; i < 50; ++i) {
    listener l;
    std::size_t const before = open_descriptors();
    run_real([&]() -> task<> {
      int accepted = 0;
      auto accept_one = [&]() -> task<> {
        io::accepted_connection const connection = co_await io::accept(l.fd.get());
        ++accepted;
        co_await yield_now();
      };
      auto accepting = spawn(accept_one);
      co_await settle();
      unique_fd const client(tcp());
      co_await io::connect(client.get(), l.address);
      accepting.cancel();
      co_await settle();
      CHECK(accepting.done());
      if (accepted == 0) co_await accept_one();
      CHECK(accepted == 1);
    });
    CHECK(open_descriptors() == before);
  }
}

TEST_CASE("accept leaves a connection in the queue when there are no descriptors", "[io][ops]") {
  listener l;
  run_real([&]() -> task<> {
    unique_fd const client(tcp());
    co_await io::connect(client.get(), l.address);
    std::vector<descriptor> all;
    rlimit old{};
    getrlimit(RLIMIT_NOFILE, &old);
    rlimit const few{static_cast<rlim_t>(client.get()) + 4, old.rlim_max};
    setrlimit(RLIMIT_NOFILE, &few);
    while (true) {
      int const fd = dup(l.fd.get());
      if (fd < 0) break;
      all.emplace_back(fd);
    }
    auto const error = co_await error_of([&]() -> task<> { co_await io::accept(l.fd.get()); }());
    CHECK(error == "accept fd " + std::to_string(l.fd.get()) + ": Too many open files");
    all.clear();
    setrlimit(RLIMIT_NOFILE, &old);
    io::accepted_connection const connection = co_await io::accept(l.fd.get());
    CHECK(connection.fd.is_open());
  });
}
