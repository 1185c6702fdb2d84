// SPDX-License-Identifier: MIT
#include "../support/descriptors.hpp"
#include "../support/error_of.hpp"
#include "../support/files.hpp"

#include <halka/io/ops/open.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;

TEST_CASE("a pipe with a name is read when its other end comes, and to its end", "[io][file][fifo]") {
  scratch_directory dir;
  std::string const path = dir / "pipe";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  run_real([&]() -> task<> {
    file reader = co_await open_file(path);
    auto all = spawn([&]() -> task<std::string> { return reader.read(); });
    co_await settle();
    CHECK_FALSE(all.done());
    file writer = co_await open_file(path, "w");
    co_await writer.write("through ");
    co_await writer.write("the pipe");
    co_await settle();
    CHECK_FALSE(all.done());
    co_await writer.close();
    std::string const text = co_await all;
    CHECK(text == "through the pipe");
    auto const offset = co_await error_of([&]() -> task<> { co_await reader.read_at(0, 1); }());
    CHECK(offset == "read " + path + ": Illegal seek");
    auto const seek = co_await error_of([&]() -> task<> { co_await reader.seek(0); }());
    CHECK(seek == "seek " + path + ": Illegal seek");
    co_await reader.close();
  });
}

TEST_CASE("a read of a pipe that is cancelled loses nothing", "[io][file][fifo][cancel]") {
  scratch_directory dir;
  std::string const path = dir / "pipe";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  run_real([&]() -> task<> {
    file both = co_await open_file(path, "r+");
    co_await both.write("some");
    auto ten = spawn([&]() -> task<std::string> { return both.read(10); });
    co_await settle();
    ten.cancel();
    bool cancelled = false;
    try {
      co_await ten;
    } catch (cancelled_error const&) {
      cancelled = true;
    }
    CHECK(cancelled);
    co_await both.write(" bytes\n");
    std::string const line = co_await both.read_line();
    CHECK(line == "some bytes\n");
    co_await both.close();
  });
}

TEST_CASE("a write to a pipe that nobody reads fails, and does not end the process", "[io][file][fifo]") {
  scratch_directory dir;
  std::string const path = dir / "pipe";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  run_real([&]() -> task<> {
    file reader = co_await open_file(path);
    file writer = co_await open_file(path, "w");
    co_await reader.close();
    auto const error = co_await error_of(writer.write("x"));
    CHECK(error == "write " + path + ": Broken pipe");
    co_await writer.close();
  });
}

TEST_CASE("opening a pipe to write waits for its reader, holds up nobody, and can be cancelled", "[io][file][fifo][cancel]") {
  scratch_directory dir;
  std::string const path = dir / "pipe";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  std::size_t const before = open_descriptors();
  run_real([&]() -> task<> {
    auto open_to_write = [&]() -> task<> {
      file f = co_await open_file(path, "w");
      co_await f.write("text");
      co_await f.close();
    };
    auto cancelled = spawn(open_to_write);
    co_await settle();
    CHECK_FALSE(cancelled.done());
    cancelled.cancel();
    co_await wait(std::vector<task_handle<>>(1, cancelled));
    CHECK(cancelled.cancelled());
    auto waiting = spawn(open_to_write);
    co_await settle();
    CHECK_FALSE(waiting.done());
    file reader = co_await open_file(path);
    std::string const text = co_await reader.read();
    CHECK(text == "text");
    co_await waiting;
    co_await reader.close();
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("opening a pipe to write without creating it waits for its reader, too", "[io][file][fifo][cancel]") {
  scratch_directory dir;
  std::string const path = dir / "pipe";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  std::size_t const before = open_descriptors();
  run_real([&]() -> task<> {
    auto open_to_write = [&]() -> task<> { co_await io::open(path, O_WRONLY); };
    auto cancelled = spawn(open_to_write);
    co_await settle();
    cancelled.cancel();
    co_await wait(std::vector<task_handle<>>(1, cancelled));
    CHECK(cancelled.cancelled());
    auto waiting = spawn(open_to_write);
    co_await settle();
    CHECK_FALSE(waiting.done());
    unique_fd const reader = co_await io::open(path, O_RDONLY | O_NONBLOCK);
    co_await waiting;
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("files are opened and written while many wait for the other ends of pipes", "[io][file][fifo]") {
  scratch_directory dir;
  std::string const path = dir / "pipe";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  run_real([&]() -> task<> {
    std::vector<task_handle<file>> writers;
    for (int i = 0; i < 100; ++i) writers.push_back(spawn([&]() -> task<file> { return open_file(path, "w"); }));
    co_await settle();
    file other = co_await open_file(dir / "other", "w");
    co_await other.write("text");
    co_await other.close();
    CHECK(contents(dir / "other") == "text");
    for (auto const& w : writers) CHECK_FALSE(w.done());
    for (auto const& w : writers) w.cancel();
    co_await wait(writers);
  });
}
