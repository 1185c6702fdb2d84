// SPDX-License-Identifier: MIT
#include "epoll_fixture.hpp"

#include "../support/error_of.hpp"
#include "../support/files.hpp"

#include <halka/io/ops/close.hpp>
#include <halka/io/ops/open.hpp>
#include <halka/io/ops/write.hpp>

#include <sys/stat.h>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

TEST_CASE("a close waits for what threads do with its descriptor, and comes before what follows", "[io][epoll][file]") {
  scratch_directory dir;
  std::string const path = dir / "file";
  run_on_epoll([&]() -> task<> {
    for (int round = 0; round < 20; ++round) {
      unique_fd fd = co_await io::open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
      int const number = fd.get();
      std::vector<task_handle<>> writes;
      for (unsigned i = 0; i < 12; ++i)
        writes.push_back(spawn([number, i]() -> task<> { co_await io::write(number, const_buffer("0123456789", 10), i * 10); }));
      co_await yield_now();  // they are in threads, or wait for one
      co_await io::close(std::move(fd));
      for (auto const& w : writes) CHECK(w.done());
      co_await gather(std::move(writes));
      CHECK(std::filesystem::file_size(path) == 120);
    }
  });
}

TEST_CASE("calls in threads that have not begun are cancelled, the others end", "[io][epoll][file][cancel]") {
  scratch_directory dir;
  run_on_epoll([&]() -> task<> {
    descriptor const f(open((dir / "file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    std::vector<task_handle<>> writes;
    for (unsigned i = 0; i < 200; ++i)
      writes.push_back(spawn([&f, i]() -> task<> { co_await io::write(f.get(), const_buffer("0123456789", 10), i * 10); }));
    co_await yield_now();
    for (auto const& w : writes) w.cancel();
    co_await wait(writes);
    for (auto const& w : writes) CHECK(w.done());
  });
}

TEST_CASE("the end of a loop interrupts the opening of a pipe that nobody reads", "[io][epoll][file][cancel]") {
  captured_reports const reports;
  scratch_directory dir;
  std::string const path = dir / "pipe";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  std::size_t const before = open_descriptors();
  run_on_epoll([&]() -> task<> {
    for (int i = 0; i < 3; ++i) spawn([&]() -> task<> { co_await io::open(path, O_WRONLY); });
    co_await sleep(2ms);
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("a terminal is read and written without blocking the loop, and a read is cancelled", "[io][epoll]") {
  descriptor const master(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE(master.get() >= 0);
  REQUIRE(grantpt(master.get()) == 0);
  REQUIRE(unlockpt(master.get()) == 0);
  descriptor const terminal(open(ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  run_on_epoll([&]() -> task<> {
    auto cancelled = spawn(read_from, terminal.get());
    co_await settle();
    cancelled.cancel();
    co_await wait(std::vector<task_handle<std::string>>(1, cancelled));
    CHECK(cancelled.cancelled());
    auto reads = spawn(read_from, terminal.get());
    co_await settle();
    CHECK_FALSE(reads.done());
    put(master.get(), "line\n");
    std::string const text = co_await reads;
    CHECK(text == "line\n");
    std::size_t const written = co_await io::write(terminal.get(), const_buffer("answer", 6));
    CHECK(written == 6);
    CHECK_FALSE(is_nonblocking(terminal.get()));
  });
}

TEST_CASE("a close does not wait for what a thread waits for", "[io][epoll][cancel]") {
  descriptor const master(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE(grantpt(master.get()) == 0);
  REQUIRE(unlockpt(master.get()) == 0);
  std::string const much(100'000, 'x');
  run_on_epoll([&]() -> task<> {
    unique_fd terminal(open(ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
    auto writing = spawn([&much, number = terminal.get()]() -> task<> {
      co_await error_of([&much, number]() -> task<> { co_await io::write(number, much); }());
    });
    co_await sleep(2ms);  // until the thread waits, which nobody tells
    CHECK_FALSE(writing.done());
    co_await io::close(std::move(terminal));
    co_await wait(std::vector<task_handle<>>(1, writing));
    CHECK(writing.done());
  });
}

TEST_CASE("a call in a thread is cancelled although the loop is never at rest", "[io][epoll][file][cancel]") {
  scratch_directory dir;
  std::string const path = dir / "pipe";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  run_on_epoll([&]() -> task<> {
    for (int round = 0; round < 300; ++round) {
      auto opening = spawn([&]() -> task<> { co_await io::open(path, O_WRONLY); });
      for (int i = 0; i < 10 * round; ++i) co_await yield_now();
      opening.cancel();
      while (!opening.done()) co_await yield_now();
      CHECK(opening.cancelled());
    }
  });
}

TEST_CASE("each call that waits for somebody has a thread to itself", "[io][epoll][file]") {
  constexpr int many = detail::sanitized ? 270 : 400;
  scratch_directory dir;
  run_on_epoll([&]() -> task<> {
    std::vector<std::string> paths;
    std::vector<task_handle<>> opens;
    for (int i = 0; i < many; ++i) {
      paths.push_back(dir / ("pipe" + std::to_string(i)));
      REQUIRE(mkfifo(paths.back().c_str(), 0600) == 0);
    }
    for (std::string const& path : paths) opens.push_back(spawn([&path]() -> task<> { co_await io::open(path, O_WRONLY); }));
    for (int i = 0; i < 3; ++i) co_await fs::stat(dir.path());  // behind the attempts that do not wait
    descriptor const reader(open(paths.back().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    co_await opens.back();
    CHECK_FALSE(opens.front().done());
    for (auto const& o : opens) o.cancel();
    co_await wait(opens);
  });
}

TEST_CASE("a read of the kernel's messages waits for the next one, and is cancelled", "[io][epoll][file][cancel]") {
  descriptor const messages(open("/dev/kmsg", O_RDONLY | O_CLOEXEC));
  if (messages.get() < 0 || lseek(messages.get(), 0, SEEK_END) < 0) return;  // it is not everybody's
  run_on_epoll([&]() -> task<> {
    auto reading = spawn([&]() -> task<> {
      std::vector<char> text(8192);
      co_await io::read(messages.get(), mutable_buffer(text.data(), text.size()), 0);
    });
    co_await settle();
    reading.cancel();
    co_await wait(std::vector<task_handle<>>(1, reading));
    CHECK(reading.done());
  });
}
