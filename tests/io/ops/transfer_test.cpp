// SPDX-License-Identifier: MIT
#include "../../support/cancel_in_passes.hpp"
#include "../../support/error_of.hpp"
#include "../../support/files.hpp"

#include <halka/io/ops/close.hpp>
#include <halka/io/ops/open.hpp>
#include <halka/io/ops/read.hpp>
#include <halka/io/ops/splice.hpp>
#include <halka/io/ops/sync.hpp>
#include <halka/io/ops/truncate.hpp>
#include <halka/io/ops/write.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <csignal>
#include <string>

using namespace halka;
using namespace halka::test;

namespace {

task<> read_one(int fd, std::string& into) {
  std::size_t const n = co_await io::read(fd, into);
  into.resize(n);
}

}  // namespace

TEST_CASE("open, write, sync, truncate, read and close do what the system calls do", "[io][ops]") {
  scratch_directory dir;
  std::size_t const before = open_descriptors();
  run_real([&]() -> task<> {
    unique_fd fd = co_await io::open(dir / "f", O_RDWR | O_CREAT | O_EXCL, 0640);
    CHECK((fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
    std::size_t n = co_await io::write(fd.get(), "hello ");
    CHECK(n == 6);
    n = co_await io::write(fd.get(), "world");
    CHECK(n == 5);
    n = co_await io::write(fd.get(), "J", 0);
    CHECK(n == 1);
    co_await io::sync(fd.get());
    co_await io::sync(fd.get(), true);
    CHECK(contents(dir / "f") == "Jello world");
    std::string memory(5, '\0');
    n = co_await io::read(fd.get(), memory, 6);
    CHECK(n == 5);
    CHECK(memory == "world");
    n = co_await io::read(fd.get(), memory);  // it stands at the end
    CHECK(n == 0);
    co_await io::truncate(fd.get(), 4);
    CHECK(contents(dir / "f") == "Jell");
    co_await io::truncate(fd.get(), 6);
    CHECK(contents(dir / "f") == std::string("Jell\0\0", 6));
    co_await io::close(std::move(fd));
    CHECK_FALSE(fd.is_open());
    struct stat status {};
    CHECK(::stat((dir / "f").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0640);
  });
  CHECK(open_descriptors() == before);
}

TEST_CASE("errors of operations on descriptors name the operation and the descriptor", "[io][ops]") {
  scratch_directory dir;
  std::string const path = put(dir / "f", "text");
  run_real([&]() -> task<> {
    std::string memory(4, '\0');
    auto error = co_await error_of([&]() -> task<> { co_await io::read(9999, memory); }());
    CHECK(error == "read fd 9999: Bad file descriptor");
    error = co_await error_of([&]() -> task<> { co_await io::write(9999, "x"); }());
    CHECK(error == "write fd 9999: Bad file descriptor");
    error = co_await error_of([&]() -> task<> { co_await io::sync(9999); }());
    CHECK(error == "fsync fd 9999: Bad file descriptor");
    error = co_await error_of([&]() -> task<> { co_await io::truncate(9999, 0); }());
    CHECK(error == "ftruncate fd 9999: Bad file descriptor");
    error = co_await error_of([&]() -> task<> { co_await io::splice(9999, 0, 9998, 1); }());
    CHECK(error == "splice from fd 9999: Bad file descriptor");
    error = co_await error_of([&]() -> task<> { co_await io::close(unique_fd(9999)); }());
    CHECK(error == "close fd 9999: Bad file descriptor");
    error = co_await error_of([&]() -> task<> { co_await io::open(dir / "none", O_RDONLY); }());
    CHECK(error == "open " + (dir / "none") + ": No such file or directory");
    unique_fd const fd = co_await io::open(path, O_RDONLY);
    std::string const number = std::to_string(fd.get());
    error = co_await error_of([&]() -> task<> { co_await io::write(fd.get(), "x"); }());
    CHECK(error == "write fd " + number + ": Bad file descriptor");
    unique_fd const full = co_await io::open("/dev/full", O_WRONLY);
    error = co_await error_of([&]() -> task<> { co_await io::write(full.get(), "x"); }());
    CHECK(error == "write fd " + std::to_string(full.get()) + ": No space left on device");
    unique_fd const directory = co_await io::open(dir.path(), O_RDONLY);
    error = co_await error_of([&]() -> task<> { co_await io::read(directory.get(), memory); }());
    CHECK(error == "read fd " + std::to_string(directory.get()) + ": Is a directory");
  });
}

TEST_CASE("splice moves bytes from a file into a pipe", "[io][ops]") {
  scratch_directory dir;
  std::string const path = put(dir / "f", "0123456789");
  pipe_pair p;
  run_real([&]() -> task<> {
    unique_fd const fd = co_await io::open(path, O_RDONLY);
    std::size_t n = co_await io::splice(fd.get(), 3, p.write_end.get(), 4);
    CHECK(n == 4);
    CHECK(p.read() == "3456");
    n = co_await io::splice(fd.get(), 8, p.write_end.get(), 100);
    CHECK(n == 2);
    n = co_await io::splice(fd.get(), 10, p.write_end.get(), 100);
    CHECK(n == 0);
    n = co_await io::splice(fd.get(), current_position, p.write_end.get(), 2);
    CHECK(n == 2);
    CHECK(p.read() == "8901");
  });
}

TEST_CASE("a splice into a pipe that nobody reads fails, and does not end the process", "[io][ops]") {
  std::signal(SIGPIPE, SIG_DFL);
  pipe_pair const from;
  pipe_pair to;
  from.write("lost");
  to.read_end.close();
  run_real([&]() -> task<> {
    auto const error =
        co_await error_of([&]() -> task<> { co_await io::splice(from.read_end.get(), current_position, to.write_end.get(), 4); }());
    CHECK(error == "splice from fd " + std::to_string(from.read_end.get()) + ": Broken pipe");
  });
}

TEST_CASE("a read that the kernel has is given up when it is cancelled, and the next gets the bytes", "[io][ops][cancel]") {
  pipe_pair p;
  run_real([&]() -> task<> {
    std::string into(10, '\0');
    auto reader = spawn(read_one, p.read_end.get(), std::ref(into));
    co_await settle();
    CHECK_FALSE(reader.done());
    reader.cancel();
    co_await settle();
    CHECK(reader.cancelled());
    p.write("bytes");
    co_await read_one(p.read_end.get(), into);
    CHECK(into == "bytes");
  });
}

TEST_CASE("a read that is cancelled before the kernel has it is given up, or has happened", "[io][ops][cancel]") {
  pipe_pair p;
  p.write("bytes");
  run_real([&]() -> task<> {
    std::string into(10, '\0');
    bool returned = false;
    bool cancelled_after = false;
    auto both = [&]() -> task<> {
      co_await read_one(p.read_end.get(), into);
      returned = true;
      try {
        co_await yield_now();
      } catch (cancelled_error const&) {
        cancelled_after = true;
        throw;
      }
    };
    auto reader = create_task(both(), {.eager_start = true});  // it waits, and nothing went to the kernel yet
    reader.cancel();
    co_await settle();
    CHECK(reader.cancelled());
    if (returned) {  // then the bytes are not lost, and the cancellation came at the next suspension
      CHECK(into == "bytes");
      CHECK(cancelled_after);
    } else {
      CHECK(p.read() == "bytes");
    }
  });
}

TEST_CASE("a read whose bytes come in the pass of its cancellation returns them, and the cancellation comes after",
          "[io][ops][cancel]") {
  for (int i = 0; i < 50; ++i) {
    pipe_pair p;
    run_real([&]() -> task<> {
      std::string into(10, '\0');
      bool returned = false;
      auto both = [&]() -> task<> {
        co_await read_one(p.read_end.get(), into);
        returned = true;
        co_await yield_now();
      };
      auto reader = create_task(both());
      co_await settle();
      p.write("bytes");
      reader.cancel();
      co_await settle();
      CHECK(reader.cancelled());
      CHECK((returned ? into : p.read()) == "bytes");
    });
  }
}

TEST_CASE("a descriptor is closed even if its closing or opening is cancelled", "[io][ops][cancel]") {
  scratch_directory dir;
  std::size_t const cancelled = cancel_in_passes(
      [&]() -> task<> {
        unique_fd fd = co_await io::open(dir / "f", O_RDWR | O_CREAT | O_TRUNC);
        co_await io::write(fd.get(), "text");
        co_await io::close(std::move(fd));
        unique_fd again = co_await io::open(dir / "f", O_RDONLY);
        co_await yield_now();
        co_await io::close(std::move(again));
        co_await yield_now();
      },
      [] {});
  CHECK(cancelled > 0);
}

TEST_CASE("a close that is cancelled happens, and the cancellation comes at the next suspension", "[io][ops][cancel]") {
  pipe_pair p;
  run_real([&]() -> task<> {
    int const number = dup(p.read_end.get());
    trace log;
    auto closing = [&]() -> task<> {
      co_await io::close(unique_fd(number));
      log.push_back("closed");
      co_await yield_now();
      log.push_back("not reached");
    };
    auto t = create_task(closing(), {.eager_start = true});
    t.cancel();
    co_await settle();
    CHECK(t.cancelled());
    CHECK(log == trace{"closed"});
    CHECK(fcntl(number, F_GETFD) == -1);
  });
}

TEST_CASE("a write to a full pipe waits for room, and gives up when it is cancelled", "[io][ops][cancel]") {
  pipe_pair p;
  p.fill();
  run_real([&]() -> task<> {
    auto write_one = [&]() -> task<> { co_await io::write(p.write_end.get(), "x"); };
    auto cancelled = spawn(write_one);
    auto waiting = spawn(write_one);
    co_await settle();
    CHECK_FALSE(waiting.done());
    cancelled.cancel();
    co_await settle();
    CHECK(cancelled.cancelled());
    // A part only: some kernels write within the next call, and a look for more would take what was written.
    int full = 0;
    ioctl(p.read_end.get(), FIONREAD, &full);
    std::array<char, 8192> part{};
    CHECK(::read(p.read_end.get(), part.data(), part.size()) == 8192);
    co_await waiting;
    int left = 0;
    ioctl(p.read_end.get(), FIONREAD, &left);
    CHECK(left == full - 8192 + 1);
  });
}

TEST_CASE("a queue that is full of operations is handed over, and all of them complete", "[io][ops]") {
  scratch_directory dir;
  std::string const text = noise(5000);
  std::string const path = put(dir / "f", text);
  run_real([&]() -> task<> {
    unique_fd const fd = co_await io::open(path, O_RDONLY);
    std::string back(text.size(), '\0');
    auto read_byte = [&](std::size_t i) -> task<> {
      std::size_t const n = co_await io::read(fd.get(), mutable_buffer(&back[i], 1), i);
      CHECK(n == 1);
    };
    std::vector<task<>> all;
    for (std::size_t i = 0; i < text.size(); ++i) all.push_back(read_byte(i));
    co_await gather(std::move(all));
    CHECK((back == text));
  });
}
