// SPDX-License-Identifier: MIT
#include "../../support/descriptors.hpp"
#include "../../support/error_of.hpp"
#include "../../support/files.hpp"

#include <halka/io/ops/make_directory.hpp>
#include <halka/io/ops/rename.hpp>
#include <halka/io/ops/status.hpp>
#include <halka/io/ops/unlink.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <cstdio>
#include <filesystem>
#include <string>

using namespace halka;
using namespace halka::test;

TEST_CASE("make_directory, status, rename and unlink do what the system calls do", "[io][ops]") {
  scratch_directory dir;
  run_real([&]() -> task<> {
    co_await io::make_directory(dir / "d", 0750);
    struct statx found {};
    co_await io::status(AT_FDCWD, dir / "d", 0, STATX_BASIC_STATS, found);
    CHECK(S_ISDIR(found.stx_mode));
    CHECK((found.stx_mode & 0777) == 0750);
    put(dir / "d/f", "12345");
    co_await io::rename(dir / "d/f", dir / "d/g");
    co_await io::status(AT_FDCWD, dir / "d/g", 0, STATX_SIZE, found);
    CHECK(found.stx_size == 5);
    put(dir / "d/h", "h");
    co_await io::rename(dir / "d/g", dir / "d/h", RENAME_EXCHANGE);
    CHECK(contents(dir / "d/h") == "12345");
    CHECK(contents(dir / "d/g") == "h");
    descriptor const fd(::open((dir / "d/h").c_str(), O_RDONLY | O_CLOEXEC));
    co_await io::status(fd.get(), "", AT_EMPTY_PATH, STATX_SIZE, found);
    CHECK(found.stx_size == 5);
    co_await io::unlink(dir / "d/g");
    co_await io::unlink(dir / "d/h");
    co_await io::unlink(dir / "d", true);
    CHECK_FALSE(std::filesystem::exists(dir / "d"));
  });
}

TEST_CASE("errors of operations on paths name the operation and the paths", "[io][ops]") {
  scratch_directory dir;
  put(dir / "f", "");
  put(dir / "g", "");
  std::string const none = dir / "none";
  run_real([&]() -> task<> {
    struct statx found {};
    auto error = co_await error_of([&]() -> task<> { co_await io::status(AT_FDCWD, none, 0, STATX_SIZE, found); }());
    CHECK(error == "stat " + none + ": No such file or directory");
    error = co_await error_of([&]() -> task<> { co_await io::status(9999, "", AT_EMPTY_PATH, STATX_SIZE, found); }());
    CHECK(error == "stat fd 9999: Bad file descriptor");
    error = co_await error_of([&]() -> task<> { co_await io::unlink(none); }());
    CHECK(error == "unlink " + none + ": No such file or directory");
    error = co_await error_of([&]() -> task<> { co_await io::unlink(dir / "f", true); }());
    CHECK(error == "rmdir " + (dir / "f") + ": Not a directory");
    error = co_await error_of([&]() -> task<> { co_await io::make_directory(dir / "f"); }());
    CHECK(error == "mkdir " + (dir / "f") + ": File exists");
    error = co_await error_of([&]() -> task<> { co_await io::rename(none, dir / "x"); }());
    CHECK(error == "rename " + none + " to " + (dir / "x") + ": No such file or directory");
    error = co_await error_of([&]() -> task<> { co_await io::rename(dir / "f", dir / "g", RENAME_NOREPLACE); }());
    CHECK(error == "rename " + (dir / "f") + " to " + (dir / "g") + ": File exists");
  });
}

TEST_CASE("an operation on a path that is cancelled has happened or has not", "[io][ops][cancel]") {
  scratch_directory dir;
  for (int passes = 0; passes < 200; passes += 1 + passes / 4) {
    bool returned = false;
    run_real([&]() -> task<> {
      auto make = [&]() -> task<> {
        co_await io::make_directory(dir / "d");
        returned = true;
      };
      auto t = create_task(make());
      for (int i = 0; i < passes; ++i) co_await yield_now();
      t.cancel();
      co_await wait(std::vector<task_handle<>>(1, t));
      CHECK((t.cancelled() || returned));
    });
    CHECK(std::filesystem::exists(dir / "d") == returned);
    std::filesystem::remove(dir / "d");
  }
}
