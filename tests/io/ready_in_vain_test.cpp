// SPDX-License-Identifier: MIT
// Descriptors that are told to be ready although a call that does not wait finds nothing.
#include "../support/descriptors.hpp"
#include "../support/error_of.hpp"
#include "../support/fixture.hpp"

#include <halka/io/ops/read.hpp>
#include <halka/io/ops/recv.hpp>
#include <halka/io/ops/write.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cstdint>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;

namespace {

task<> write_number(int fd, std::uint64_t number) {
  co_await io::write(fd, const_buffer(reinterpret_cast<char const*>(&number), sizeof number));
}

task<std::uint64_t> read_number(int fd) {
  std::uint64_t number = 0;
  co_await io::read(fd, mutable_buffer(reinterpret_cast<char*>(&number), sizeof number));
  co_return number;
}

}  // namespace

TEST_CASE("a number for which an eventfd has no room waits until it has, and holds up nobody", "[io][ready]") {
  constexpr std::uint64_t largest = ~std::uint64_t{0} - 1;
  descriptor const counter(eventfd(5, EFD_CLOEXEC));
  run_real([&]() -> task<> {
    auto writing = spawn(write_number, counter.get(), largest);
    co_await settle();
    CHECK_FALSE(writing.done());
    std::uint64_t const before = co_await read_number(counter.get());
    CHECK(before == 5);
    co_await writing;
    std::uint64_t const after = co_await read_number(counter.get());
    CHECK(after == largest);
  });
}

TEST_CASE("such a write is cancelled, and then the number was not added", "[io][ready][cancel]") {
  descriptor const counter(eventfd(5, EFD_CLOEXEC));
  run_real([&]() -> task<> {
    auto writing = spawn(write_number, counter.get(), ~std::uint64_t{0} - 1);
    co_await settle();
    writing.cancel();
    co_await wait(std::vector<task_handle<>>(1, writing));
    CHECK(writing.cancelled());
    std::uint64_t const number = co_await read_number(counter.get());
    CHECK(number == 5);
  });
}

TEST_CASE("a datagram socket that was shut down for reading has ended", "[io][ready]") {
  int ends[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) == 0);
  descriptor const first(ends[0]);
  descriptor const second(ends[1]);
  REQUIRE(shutdown(first.get(), SHUT_RD) == 0);
  run_real([&]() -> task<> {
    char text[8];
    std::size_t const n = co_await io::recv(first.get(), mutable_buffer(text, sizeof text));
    CHECK(n == 0);
  });
}

TEST_CASE("the queue of errors of a socket that was hung up is told to be empty", "[io][ready]") {
  descriptor const s(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  run_real([&]() -> task<> {
    auto const error = co_await error_of([&]() -> task<> {
      char text[8];
      co_await io::recv(s.get(), mutable_buffer(text, sizeof text), MSG_ERRQUEUE);
    }());
    CHECK(error == "recv fd " + std::to_string(s.get()) + ": Resource temporarily unavailable");
  });
}

TEST_CASE("a stream over the writing end of a pipe cannot be read", "[io][ready][stream]") {
  pipe_pair ends;
  run_real([&]() -> task<> {
    stream output{unique_fd(dup(ends.write_end.get()))};
    std::string const name = "fd " + std::to_string(output.fd());
    auto const error = co_await error_of([&]() -> task<> { co_await output.read(1); }());
    CHECK(error == "read from " + name + ": Bad file descriptor");
  });
}
