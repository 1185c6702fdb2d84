// SPDX-License-Identifier: MIT
#include "../../support/error_of.hpp"
#include "../../support/files.hpp"

#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <chrono>
#include <filesystem>
#include <string>

using namespace halka;
using namespace halka::test;

TEST_CASE("rename gives another name and replaces, unlink removes", "[fs]") {
  scratch_directory dir;
  put(dir / "a", "a");
  put(dir / "b", "b");
  run_real([&]() -> task<> {
    co_await fs::rename(dir / "a", dir / "b");
    CHECK(contents(dir / "b") == "a");
    CHECK_FALSE(std::filesystem::exists(dir / "a"));
    auto error = co_await error_of(fs::rename(dir / "a", dir / "c"));
    CHECK(error == "rename " + (dir / "a") + " to " + (dir / "c") + ": No such file or directory");
    co_await fs::unlink(dir / "b");
    CHECK_FALSE(std::filesystem::exists(dir / "b"));
    error = co_await error_of(fs::unlink(dir / "b"));
    CHECK(error == "unlink " + (dir / "b") + ": No such file or directory");
    error = co_await error_of(fs::unlink(dir.path()));
    CHECK(error == "unlink " + dir.path() + ": Is a directory");
    error = co_await error_of([&]() -> task<> { co_await fs::unlink(std::string("a\0b", 3)); }());
    CHECK(error == "a path contains a zero byte");
  });
}

TEST_CASE("symbolic links are made and read, also very long ones", "[fs]") {
  scratch_directory dir;
  run_real([&]() -> task<> {
    std::string const far = std::string(3000, 'x');
    co_await fs::symlink(far, dir / "link");
    std::string const target = co_await fs::read_link(dir / "link");
    CHECK((target == far));
    auto error = co_await error_of(fs::symlink("y", dir / "link"));
    CHECK(error == "symlink " + (dir / "link") + " to y: File exists");
    put(dir / "f", "");
    error = co_await error_of([&]() -> task<> { co_await fs::read_link(dir / "f"); }());
    CHECK(error == "readlink " + (dir / "f") + ": Invalid argument");
  });
}

TEST_CASE("set_permissions and touch change what stat tells", "[fs]") {
  scratch_directory dir;
  put(dir / "f", "text");
  run_real([&]() -> task<> {
    co_await fs::set_permissions(dir / "f", 0604);
    fs::file_status s = co_await fs::stat(dir / "f");
    CHECK(s.permissions == 0604);
    timespec const long_ago[2] = {{1000, 0}, {1000, 0}};
    CHECK(utimensat(AT_FDCWD, (dir / "f").c_str(), long_ago, 0) == 0);
    co_await fs::touch(dir / "f");
    s = co_await fs::stat(dir / "f");
    CHECK(std::chrono::system_clock::to_time_t(s.modified) > 1000);
    CHECK(contents(dir / "f") == "text");
    co_await fs::touch(dir / "new");
    s = co_await fs::stat(dir / "new");
    CHECK(s.size == 0);
    co_await fs::touch(dir.path());
    auto error = co_await error_of(fs::touch(dir / "no/such"));
    CHECK(error == "touch " + (dir / "no/such") + ": No such file or directory");
    error = co_await error_of(fs::set_permissions(dir / "none", 0600));
    CHECK(error == "chmod " + (dir / "none") + ": No such file or directory");
  });
}
