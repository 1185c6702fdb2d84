// SPDX-License-Identifier: MIT
#include "../support/descriptors.hpp"
#include "../support/fixture.hpp"

#include <halka/io/ops/read.hpp>
#include <halka/io/ops/splice.hpp>
#include <halka/io/ops/write.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace halka;
using namespace halka::test;

namespace {

/// A terminal that passes bytes on as they are, and the program at its other end.
struct terminal_pair {
  terminal_pair() : program(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)) {
    REQUIRE(program.get() >= 0);
    REQUIRE(grantpt(program.get()) == 0);
    REQUIRE(unlockpt(program.get()) == 0);
    terminal = descriptor(open(ptsname(program.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
    termios settings{};
    REQUIRE(tcgetattr(terminal.get(), &settings) == 0);
    cfmakeraw(&settings);
    REQUIRE(tcsetattr(terminal.get(), TCSANOW, &settings) == 0);
  }
  void put(std::string_view text) const {
    REQUIRE(::write(program.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  descriptor program;
  descriptor terminal;
};

task<std::string> read_from(int fd) {
  char text[64];
  std::size_t const n = co_await io::read(fd, mutable_buffer(text, sizeof text));
  co_return std::string(text, n);
}

/// Reads what comes until `writing` is done and nothing is left.
task<std::size_t> read_until_done(int fd, task_handle<> writing) {
  std::vector<char> text(4096);
  std::size_t all = 0;
  while (true) {
    bool const done = writing.done();
    ssize_t const n = ::read(fd, text.data(), text.size());
    if (n > 0)
      all += static_cast<std::size_t>(n);
    else if (done)
      co_return all;
    else
      co_await yield_now();
  }
}

}  // namespace

TEST_CASE("a write to a terminal that takes a part only holds up nobody", "[io][terminal]") {
  terminal_pair const pair;
  std::string const much(100'000, 'x');
  run_real([&]() -> task<> {
    stream output{unique_fd(dup(pair.terminal.get()))};
    auto writing = spawn([&]() -> task<> { co_await output.write(much); });
    std::size_t const came = co_await read_until_done(pair.program.get(), writing);
    CHECK(came == much.size());
    co_await writing;
  });
}

TEST_CASE("a write to a terminal that takes no more is cancelled", "[io][terminal][cancel]") {
  terminal_pair const pair;
  std::string const much(100'000, 'x');
  run_real([&]() -> task<> {
    auto writing = spawn([&]() -> task<std::size_t> { co_return co_await io::write(pair.terminal.get(), much); });
    co_await settle();
    writing.cancel();
    co_await wait(std::vector<task_handle<std::size_t>>(1, writing));
    CHECK((writing.cancelled() || writing.result() < much.size()));
  });
}

TEST_CASE("bytes are moved out of a terminal when they come, and nobody is held up until then", "[io][terminal]") {
  terminal_pair const pair;
  pipe_pair const into;
  run_real([&]() -> task<> {
    auto moved = spawn([&]() -> task<std::size_t> {
      co_return co_await io::splice(pair.terminal.get(), current_position, into.write_end.get(), 64);
    });
    co_await settle();
    CHECK_FALSE(moved.done());
    pair.put("typed");
    std::size_t const n = co_await moved;
    CHECK(n == 5);
    CHECK(into.read() == "typed");
  });
}

TEST_CASE("of several who read a terminal that does not block, each waits for its own bytes", "[io][terminal]") {
  terminal_pair const pair;
  REQUIRE(fcntl(pair.terminal.get(), F_SETFL, O_RDWR | O_NONBLOCK) == 0);
  run_real([&]() -> task<> {
    auto one = spawn(read_from, pair.terminal.get());
    auto two = spawn(read_from, pair.terminal.get());
    co_await settle();
    pair.put("first");
    while (!one.done() && !two.done()) co_await yield_now();
    co_await settle();
    CHECK(one.done() != two.done());
    pair.put("second");
    std::string both = co_await one;
    both += co_await two;
    CHECK((both == "firstsecond" || both == "secondfirst"));
  });
}
