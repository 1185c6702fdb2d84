// SPDX-License-Identifier: MIT
#include "../support/descriptors.hpp"
#include "../support/error_of.hpp"
#include "../support/files.hpp"

#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <stdexcept>
#include <string>
#include <string_view>

using namespace halka;
using namespace halka::test;

namespace {

/// A file that refuses to become longer than its size: writing beyond gets EPERM.
struct sealed_memory {
  explicit sealed_memory(std::size_t size) : fd(memfd_create("sealed", MFD_ALLOW_SEALING | MFD_CLOEXEC)) {
    if (ftruncate(fd.get(), static_cast<off_t>(size)) != 0 || fcntl(fd.get(), F_ADD_SEALS, F_SEAL_GROW) != 0)
      throw std::runtime_error("memfd");
  }
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd.get()); }
  descriptor fd;
};

}  // namespace

TEST_CASE("errors of opening and reading name the path", "[io][file]") {
  scratch_directory dir;
  run_real([&]() -> task<> {
    auto open = [&](std::string path, std::string mode) -> task<> {
      file f = co_await open_file(path, mode);
      co_await f.close();
    };
    std::string const missing = dir / "missing";
    auto error = co_await error_of(open(missing, "r"));
    CHECK(error == "open " + missing + ": No such file or directory");
    error = co_await error_of(open(dir.path(), "r"));
    CHECK(error == "open " + dir.path() + ": Is a directory");
    error = co_await error_of(open(dir.path(), "w"));
    CHECK(error == "open " + dir.path() + ": Is a directory");
    std::string const there = put(dir / "there", "x");
    error = co_await error_of(open(there, "x"));
    CHECK(error == "open " + there + ": File exists");
    error = co_await error_of(open(std::string("a\0b", 3), "r"));
    CHECK(error == "open_file: the path contains a zero byte");
    for (char const* mode : {"", "rw", "b", "r++", "rbt", "q", "rr", "w,"}) {
      error = co_await error_of(open(there, mode));
      CHECK(error.starts_with("open_file: the mode \"" + std::string(mode) + "\""));
    }
    for (char const* mode : {"r", "rb", "tr", "r+", "r+b", "b+r"}) {
      error = co_await error_of(open(there, mode));
      CHECK(error == "none");
    }

    file f = co_await open_file(there, "w");
    error = co_await error_of([&]() -> task<> { co_await f.read(); }());
    CHECK(error == "read " + there + ": the file was opened for writing only");
    error = co_await error_of([&]() -> task<> { co_await f.read_at(0, 1); }());
    CHECK(error == "read " + there + ": the file was opened for writing only");
    co_await f.close();
    co_await f.close();
    CHECK_FALSE(f.is_open());
    CHECK(f.fd() == -1);
    error = co_await error_of([&]() -> task<> { co_await f.read(); }());
    CHECK(error == "read " + there + " (closed): Bad file descriptor");
    std::string memory(1, ' ');
    error = co_await error_of([&]() -> task<> { co_await f.read_at(0, memory); }());
    CHECK(error == "read " + there + " (closed): Bad file descriptor");
    file none;
    error = co_await error_of([&]() -> task<> { co_await none.read(); }());
    CHECK(error == "read: no file: Bad file descriptor");
    co_await none.close();
    CHECK(none.path().empty());
  });
}

TEST_CASE("a write that the disk refuses fails where the kernel is asked, at the latest in close", "[io][file]") {
  captured_reports reports;
  std::size_t const before = open_descriptors();
  {
    sealed_memory memory(100'000);
    run_real([&]() -> task<> {
      file f = co_await open_file(memory.path(), "r+");
      std::string const refused = "write " + memory.path() + ": Operation not permitted";
      std::string const half(60'000, 'x');
      co_await f.write(half);
      co_await f.write(std::string_view(half).substr(0, 50'000));  // the first went out
      auto error = co_await error_of(f.flush());                   // this is too much
      CHECK(error == refused);
      CHECK(f.statistics().unwritten > 0);
      error = co_await error_of(f.flush());
      CHECK(error == refused);
      error = co_await error_of(f.close());
      CHECK(error == refused);
      CHECK_FALSE(f.is_open());
      co_await f.close();

      file g = co_await open_file(memory.path(), "r+");
      co_await g.seek(99'990);
      co_await g.write("0123456789abc");
      error = co_await error_of(g.close());
      CHECK(error == refused);
    });
  }
  CHECK(contents("/dev/null").empty());
  CHECK(open_descriptors() == before);
  CHECK(reports.texts().empty());  // all was told
}

TEST_CASE("a full device refuses a write at once", "[io][file]") {
  run_real([]() -> task<> {
    file f = co_await open_file("/dev/full", "w");
    auto const error = co_await error_of(f.write("x"));
    CHECK(error == "write /dev/full: No space left on device");
    co_await f.close();
  });
}

TEST_CASE("a file that is dropped writes what is left, and reports what could not be written", "[io][file]") {
  scratch_directory dir;
  captured_reports reports;
  std::string const log = put(dir / "log", "old ");
  sealed_memory memory(10);
  run_real([&]() -> task<> {
    {
      file f = co_await open_file(dir / "f", "w");
      co_await f.write("kept");
      file g = co_await open_file(log, "a");
      co_await g.write("appended");
    }
    CHECK(reports.texts().empty());
    file f = co_await open_file(memory.path(), "r+");
    co_await f.seek(10);
    co_await f.write("lost");
  });
  CHECK(contents(dir / "f") == "kept");
  CHECK(contents(log) == "old appended");
  CHECK(reports.count("a file was dropped without close(), and 4 bytes could not be written: write " + memory.path() +
                      ": Operation not permitted") == 1);
}
