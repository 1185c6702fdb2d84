// SPDX-License-Identifier: MIT
#include "../support/descriptors.hpp"
#include "../support/fixture.hpp"

#include <halka/io/ops/close.hpp>
#include <halka/io/ops/open.hpp>
#include <halka/io/unique_fd.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <string>
#include <type_traits>
#include <utility>

using namespace halka;
using namespace halka::test;

static_assert(!std::is_copy_constructible_v<unique_fd>);
static_assert(std::is_nothrow_move_constructible_v<unique_fd>);

namespace {

int open_null() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

bool is_open(int fd) { return fcntl(fd, F_GETFD) != -1; }

}  // namespace

TEST_CASE("a descriptor is closed with its owner, and moves with it", "[io][fd]") {
  int const number = open_null();
  {
    unique_fd first(number);
    unique_fd second = std::move(first);
    CHECK_FALSE(first.is_open());
    CHECK(second.get() == number);
    first = std::move(second);
    CHECK(first.get() == number);
    unique_fd& alias = first;
    first = std::move(alias);
    CHECK(is_open(number));
  }
  CHECK_FALSE(is_open(number));

  unique_fd closed(open_null());
  int const its_number = closed.get();
  closed.close();
  CHECK_FALSE(is_open(its_number));
  CHECK_FALSE(closed);
  CHECK(closed.get() == -1);
  closed.close();

  unique_fd replaced(open_null());
  int const old = replaced.get();
  int const other = open_null();
  replaced = unique_fd(other);
  CHECK_FALSE(is_open(old));
  CHECK(is_open(other));
  int const released = replaced.release();
  CHECK(released == other);
  CHECK_FALSE(replaced.is_open());
  CHECK(is_open(released));
  ::close(released);
}

TEST_CASE("debug mode reports the descriptors that were never closed, and the line that opened them", "[io][fd][debug]") {
  captured_reports reports;
  {
    unique_fd kept;
    unsigned line = 0;
    auto main = [&]() -> task<> {
      line = __LINE__ + 1;
      kept = co_await io::open("/dev/null", O_RDONLY);
      unique_fd const closed = co_await io::open("/dev/null", O_RDONLY);
      unique_fd const awaited = co_await io::open("/dev/null", O_RDONLY);
      co_await io::close(unique_fd(open_null()));
      unique_fd moved(open_null());
      unique_fd target;
      target = std::move(moved);
    };
    halka::run(main(), {.debug = true});
    std::string const expected = "descriptor " + std::to_string(kept.get()) +
                                 " (/dev/null), opened at unique_fd_test.cpp:" + std::to_string(line) + ", was never closed";
    CHECK(reports.texts() == trace{expected});
  }
  CHECK(reports.texts().size() == 1);
}

TEST_CASE("without debug mode nothing is reported", "[io][fd][debug]") {
  captured_reports reports;
  unique_fd kept;
  run_real([&]() -> task<> { kept = co_await io::open("/dev/null", O_RDONLY); });
  CHECK(reports.texts().empty());
}

TEST_CASE("debug mode names the line that opened a file that was never closed", "[io][fd][debug]") {
  captured_reports reports;
  file kept;
  unsigned line = 0;
  auto main = [&]() -> task<> {
    line = __LINE__ + 1;
    kept = co_await open_file("/dev/null");
  };
  halka::run(main(), {.debug = true});
  CHECK(reports.count("opened at unique_fd_test.cpp:" + std::to_string(line) + ", was never closed") == 1);
}

TEST_CASE("a close that is never awaited closes its descriptor when it goes", "[io][fd]") {
  int const number = open_null();
  {
    auto const never_awaited = io::close(unique_fd(number));
    CHECK(is_open(number));
  }
  CHECK_FALSE(is_open(number));
}
