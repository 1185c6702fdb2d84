// SPDX-License-Identifier: MIT
#include "../../support/descriptors.hpp"
#include "../../support/fixture.hpp"
#include "../../support/network.hpp"

#include <halka/io/ops/accept.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <chrono>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

namespace {

/// A socket that listens on a free port.
struct listener {
  explicit listener(char const* host = "127.0.0.1", int backlog = 16)
      : fd(io::make_socket(socket_address::ip(host, 0).family(), io::socket_kind::stream)) {
    io::bind(fd.get(), socket_address::ip(host, 0));
    io::listen(fd.get(), backlog);
    address = socket_address::local_of(fd.get());
  }
  unique_fd fd;
  socket_address address;
};

/// An address at which nobody listens.
socket_address closed_port(char const* host = "127.0.0.1") { return listener(host).address; }

/// An address at which connecting neither succeeds nor fails for a while: its backlog is full.
struct silent_address {
  silent_address() : listening("127.0.0.1", 0) {
    for (int i = 0; i < 2; ++i) {
      waiting.push_back(unique_fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)));
      static_cast<void>(
          ::connect(waiting.back().get(), listening.address.data(), static_cast<socklen_t>(listening.address.size())));
    }
  }
  listener listening;
  std::vector<unique_fd> waiting;
};

int option_of(int fd, int level, int option) {
  int value = -1;
  socklen_t length = sizeof value;
  getsockopt(fd, level, option, &value, &length);
  return value;
}

}  // namespace

TEST_CASE("open_connection connects to a name or an address", "[runtime][open_connection]") {
  auto const before = open_descriptors();
  run_real([]() -> task<> {
    listener const l;
    for (char const* host : {"127.0.0.1", "localhost"}) {
      stream s = co_await open_connection(host, l.address.port());
      CHECK(s.peer_address() == l.address);
      auto accepted = co_await io::accept(l.fd.get());
      CHECK(accepted.peer == s.local_address());
    }
    stream direct = co_await open_connection(l.address);
    CHECK(direct.peer_address() == l.address);
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("a refused connection names the address", "[runtime][open_connection]") {
  auto const before = open_descriptors();
  run_real([]() -> task<> {
    auto const nobody = closed_port();
    std::string const said = co_await failure_text(open_connection("127.0.0.1", nobody.port()));
    CHECK(said == "connect " + nobody.to_string() + ": Connection refused");
    std::string const unknown = co_await failure_text(open_connection("::1", 1, {.family = address_family::ipv4}));
    CHECK(unknown == "resolve ::1: Address family for hostname not supported");
    std::string const none = co_await failure_text(open_connection(std::vector<socket_address>()));
    CHECK(none == "open_connection needs an address");
    std::string const unset = co_await failure_text(open_connection(socket_address()));
    CHECK(unset == none);
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("a socket is not connected to itself", "[runtime][open_connection]") {
  run_real([]() -> task<> {
    auto const nobody = closed_port();
    std::string const said = co_await failure_text(open_connection(nobody, {.local = nobody}));
    CHECK(said == "connect " + nobody.to_string() + ": Connection refused");
  });
}

TEST_CASE("the next address is tried at once when one fails", "[runtime][open_connection]") {
  run_real([]() -> task<> {
    listener const l;
    std::vector<socket_address> addresses;
    addresses.push_back(closed_port());
    addresses.push_back(closed_port("::1"));
    addresses.push_back(l.address);
    auto const begin = clock::monotonic();
    stream s = co_await open_connection(addresses, {.attempt_delay = 10s});
    CHECK(s.peer_address() == l.address);
    CHECK(clock::monotonic() - begin < 5s);
  });
}

TEST_CASE("an address that is silent is overtaken by the next after the delay", "[runtime][open_connection]") {
  auto const before = open_descriptors();
  run_real([]() -> task<> {
    silent_address const silent;
    listener const l;
    std::vector<socket_address> addresses;
    addresses.push_back(silent.listening.address);
    addresses.push_back(l.address);
    auto const held = open_descriptors();
    auto const begin = clock::monotonic();
    {
      stream s = co_await open_connection(addresses, {.attempt_delay = 20ms});
      CHECK(s.peer_address() == l.address);
      CHECK(clock::monotonic() - begin >= 20ms);
      CHECK(clock::monotonic() - begin < 900ms);  // the silent one would answer after a second at the earliest
      CHECK(open_descriptors() == held + 1);      // the loser's is closed
      CHECK(all_tasks().size() == 1);             // and its task has ended
    }
    addresses.pop_back();
    addresses.push_back(closed_port());
    auto const waiting = create_task(open_connection(addresses, {.attempt_delay = 1ms}));
    co_await sleep(20ms);  // the failure of one address does not end the attempt at the other
    CHECK_FALSE(waiting.done());
    waiting.cancel();
    co_await wait(std::vector(1, waiting));
    CHECK(waiting.cancelled());
    CHECK(open_descriptors() == held);
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("the options of a connection arrive at its socket", "[runtime][open_connection]") {
  run_real([]() -> task<> {
    listener const l;
    stream plain = co_await open_connection(l.address);
    CHECK(option_of(plain.fd(), IPPROTO_TCP, TCP_NODELAY) == 1);
    CHECK(option_of(plain.fd(), SOL_SOCKET, SO_KEEPALIVE) == 0);
    CHECK(plain.limit() == 65536);
    stream s = co_await open_connection(l.address, {.local = socket_address::ip("127.0.0.7", 0),
                                                    .limit = 1000,
                                                    .no_delay = false,
                                                    .keep_alive = true,
                                                    .keep_alive_probes = {.idle = 44s},
                                                    .send_buffer = 30000,
                                                    .receive_buffer = 20000});
    CHECK(s.local_address().host() == "127.0.0.7");
    CHECK(s.limit() == 1000);
    CHECK(option_of(s.fd(), IPPROTO_TCP, TCP_NODELAY) == 0);
    CHECK(option_of(s.fd(), SOL_SOCKET, SO_KEEPALIVE) == 1);
    CHECK(option_of(s.fd(), IPPROTO_TCP, TCP_KEEPIDLE) == 44);
    CHECK(option_of(s.fd(), SOL_SOCKET, SO_SNDBUF) == 60000);
    CHECK(option_of(s.fd(), SOL_SOCKET, SO_RCVBUF) == 40000);
    CHECK((fcntl(s.fd(), F_GETFD) & FD_CLOEXEC) != 0);
  });
}

TEST_CASE("a local address leaves addresses of other families out", "[runtime][open_connection]") {
  run_real([]() -> task<> {
    listener const l;
    std::vector<socket_address> addresses;
    addresses.push_back(socket_address::ip("::1", l.address.port()));
    addresses.push_back(l.address);
    stream s = co_await open_connection(addresses, {.local = socket_address::ip("127.0.0.1", 0)});
    CHECK(s.peer_address() == l.address);
    std::string const none = co_await failure_text(open_connection("127.0.0.1", 1, {.local = socket_address::ip("::1", 0)}));
    CHECK(none == "connect 127.0.0.1:1 from [::1]:0: Address family not supported by protocol");
    std::string const foreign = co_await failure_text(open_connection(l.address, {.local = socket_address::ip("192.0.2.1", 0)}));
    CHECK(foreign == "bind 192.0.2.1:0: Cannot assign requested address");
  });
}

TEST_CASE("a connection that is given up at any moment leaves nothing open", "[runtime][open_connection][cancel]") {
  auto const before = open_descriptors();
  run_real([]() -> task<> {
    silent_address const silent;
    listener const l;
    std::vector<socket_address> to_all;
    to_all.push_back(silent.listening.address);
    to_all.push_back(closed_port());
    to_all.push_back(l.address);
    std::vector<socket_address> const to_silent(1, silent.listening.address);
    auto const held = open_descriptors();
    for (bool const succeeds : {true, false}) {
      for (int passes = 0; passes < 40; ++passes) {
        auto const opening =
            succeeds ? create_task(open_connection(to_all, {.attempt_delay = 0ms})) : create_task(open_connection(to_silent));
        for (int i = 0; i < passes; ++i) co_await yield_now();
        opening.cancel();
        co_await wait(std::vector(1, opening));
        bool const ended_well = opening.phase() == task_phase::succeeded || opening.cancelled();
        CHECK(ended_well);
        if (!opening.cancelled()) opening.result().close();
        CHECK(open_descriptors() == held);
        CHECK(all_tasks().size() == 1);
      }
    }
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("a unix connection is opened by path and by name", "[runtime][open_connection]") {
  auto const before = open_descriptors();
  run_real([]() -> task<> {
    std::string const name("\0halka unix connection test", 27);
    unique_fd const l = io::make_socket(AF_UNIX, io::socket_kind::stream);
    io::bind(l.get(), socket_address::unix_path(name));
    io::listen(l.get(), 5);
    stream s = co_await open_unix_connection(name);
    CHECK(s.peer_address().to_string() == "@halka unix connection test");
    std::string const missing = co_await failure_text(open_unix_connection("/no/such/socket"));
    CHECK(missing == "connect /no/such/socket: No such file or directory");
    auto const long_path = create_task(open_unix_connection(std::string(200, 'x')));
    co_await wait(std::vector(1, long_path));
    CHECK(kind(long_path.exception()) == "invalid_argument");
  });
  CHECK(open_descriptors() == before);
}
