// SPDX-License-Identifier: MIT
#include "../support/child_process.hpp"
#include "../support/descriptors.hpp"
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>
#include <cstdlib>
#include <string>
#include <system_error>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

/// Runs `body` in a child whose standard input is `fd`; the exit code.
template <class F>
int with_input(int fd, F body) {
  child_end const end = in_child([&] {
    dup2(fd, STDIN_FILENO);
    return run(body);
  });
  INFO(end.error_output);
  CHECK(end.signal == 0);
  return end.exit_code;
}

/// 0 if the standard input holds the lines "one" and "two".
task<int> read_two_lines() {
  auto lines = standard_input().lines();
  std::string got;
  while (auto const line = co_await lines.next()) got += *line + '|';
  co_return got == "one\n|two\n|" ? 0 : 1;
}

/// The two ends of a terminal.
struct terminal {
  terminal() {
    REQUIRE(grantpt(controller.get()) == 0);
    REQUIRE(unlockpt(controller.get()) == 0);
    device = descriptor(open(ptsname(controller.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
    REQUIRE(device.get() >= 0);
    termios settings{};
    REQUIRE(tcgetattr(device.get(), &settings) == 0);
    settings.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    REQUIRE(tcsetattr(device.get(), TCSANOW, &settings) == 0);
  }
  descriptor controller{posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
  descriptor device;
};

}  // namespace

TEST_CASE("lines come from a standard input that is a pipe", "[io][standard_streams]") {
  pipe_pair p;
  p.write("one\ntwo\n");
  p.write_end.close();
  CHECK(with_input(p.read_end.get(), read_two_lines) == 0);
}

TEST_CASE("lines come from a standard input that is a file", "[io][standard_streams]") {
  char name[] = "/tmp/halka-input-XXXXXX";
  descriptor const file(mkstemp(name));
  ::unlink(name);
  REQUIRE(::write(file.get(), "one\ntwo\n", 8) == 8);
  REQUIRE(lseek(file.get(), 0, SEEK_SET) == 0);
  CHECK(with_input(file.get(), read_two_lines) == 0);
}

TEST_CASE("lines come from a standard input that is a terminal, as they are typed", "[io][standard_streams]") {
  terminal t;
  REQUIRE(::write(t.controller.get(), "one\ntwo\n\x04", 9) == 9);
  CHECK(with_input(t.device.get(), read_two_lines) == 0);
}

TEST_CASE("a read of a terminal can be cancelled, and what is typed later is not lost", "[io][standard_streams][cancel]") {
  terminal t;
  int const code = with_input(t.device.get(), [&]() -> task<int> {
    bool late = false;
    try {
      co_await wait_for(standard_input().read_line(), 5ms);
    } catch (timeout_error const&) {
      late = true;
    }
    if (::write(t.controller.get(), "one\n", 4) != 4) co_return 1;
    auto const line = co_await standard_input().read_line();
    co_return late&& line == "one\n" ? 0 : 2;
  });
  CHECK(code == 0);
}

TEST_CASE("every call gives the same standard input, and letting go of it closes nothing", "[io][standard_streams]") {
  pipe_pair p;
  p.write("one\ntwo\n");
  int const code = with_input(p.read_end.get(), []() -> task<int> {
    auto const one = co_await standard_input().read_line();
    stream again = standard_input();
    auto const two = co_await again.read_line();
    again.close();
    bool const still_open = fcntl(STDIN_FILENO, F_GETFD) >= 0;
    co_return one == "one\n" && two == "two\n" && still_open ? 0 : 1;
  });
  CHECK(code == 0);
}

TEST_CASE("writes of several tasks to the standard output stay whole and in order", "[io][standard_streams]") {
  pipe_pair p;
  child_end const end = in_child([&] {
    dup2(p.write_end.get(), STDOUT_FILENO);
    run([]() -> task<> {
      auto first = spawn([]() -> task<> { co_await standard_output().write("first ", "line\n"); });
      auto second = spawn([]() -> task<> { co_await standard_output().write("second line\n"); });
      co_await gather(first, second);
    });
    return 0;
  });
  CHECK(end.exit_code == 0);
  CHECK(p.read() == "first line\nsecond line\n");
}

TEST_CASE("a program that was started without standard input is told so, and no other descriptor takes its place",
          "[io][standard_streams]") {
  child_end const end = in_child([] {
    ::close(STDIN_FILENO);
    return run([]() -> task<int> {
      std::string said;
      try {
        co_await standard_input().read(1);
      } catch (std::system_error const& e) {
        said = e.what();
      }
      co_return said == "read from standard input: Bad file descriptor" ? 0 : 1;
    });
  });
  INFO(end.error_output);
  CHECK(end.exit_code == 0);
}
