// SPDX-License-Identifier: MIT
#include "../../support/child_process.hpp"
#include "../../support/descriptors.hpp"
#include "../../support/error_of.hpp"
#include "../../support/files.hpp"

#include <catch2/catch_test_macros.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <chrono>
#include <cstring>
#include <string>

using namespace halka;
using namespace halka::test;

TEST_CASE("stat tells what the system knows", "[fs][stat]") {
  scratch_directory dir;
  auto const before = std::chrono::system_clock::now() - std::chrono::seconds(2);
  std::string const path = put(dir / "f", "12345");
  REQUIRE(chmod(path.c_str(), 04751) == 0);
  struct stat expected {};
  REQUIRE(::stat(path.c_str(), &expected) == 0);
  run_real([&]() -> task<> {
    fs::file_status const s = co_await fs::stat(path);
    CHECK(s.is_file());
    CHECK_FALSE(s.is_directory());
    CHECK(s.size == 5);
    CHECK(s.permissions == 04751);
    CHECK(s.inode == expected.st_ino);
    CHECK(s.device == expected.st_dev);
    CHECK(s.owner == expected.st_uid);
    CHECK(s.group == expected.st_gid);
    CHECK(s.links == 1);
    CHECK(s.blocks == static_cast<std::uint64_t>(expected.st_blocks));
    CHECK(s.modified > before);
    CHECK(s.modified <= std::chrono::system_clock::now());
    CHECK(std::chrono::system_clock::to_time_t(s.modified) == expected.st_mtime);
    CHECK(std::chrono::system_clock::to_time_t(s.changed) == expected.st_ctime);
    fs::file_status const d = co_await fs::stat(dir.path());
    CHECK(d.is_directory());
    CHECK(fs::to_string(d.type) == "directory");
  });
}

TEST_CASE("lstat and stat differ for symbolic links", "[fs][stat]") {
  scratch_directory dir;
  put(dir / "f", "12345");
  run_real([&]() -> task<> {
    co_await fs::symlink("f", dir / "link");
    co_await fs::symlink("nowhere", dir / "dangling");
    fs::file_status s = co_await fs::lstat(dir / "link");
    CHECK(s.is_symlink());
    s = co_await fs::stat(dir / "link");
    CHECK(s.is_file());
    bool there = co_await fs::exists(dir / "link");
    CHECK(there);
    there = co_await fs::exists(dir / "dangling");
    CHECK_FALSE(there);
    there = co_await fs::exists(dir / "f/below");
    CHECK_FALSE(there);
    std::string const target = co_await fs::read_link(dir / "link");
    CHECK(target == "f");
    auto const error = co_await error_of([&]() -> task<> { co_await fs::stat(dir / "dangling"); }());
    CHECK(error == "stat " + (dir / "dangling") + ": No such file or directory");
  });
}

TEST_CASE("stat tells the types of what is no file", "[fs][stat]") {
  scratch_directory dir;
  REQUIRE(mkfifo((dir / "pipe").c_str(), 0600) == 0);
  descriptor const s(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, (dir / "socket").c_str(), sizeof address.sun_path - 1);
  REQUIRE(bind(s.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  run_real([&]() -> task<> {
    fs::file_status status = co_await fs::stat(dir / "pipe");
    CHECK(status.type == fs::file_type::fifo);
    status = co_await fs::stat(dir / "socket");
    CHECK(status.type == fs::file_type::socket);
    status = co_await fs::stat("/dev/null");
    CHECK(status.type == fs::file_type::character_device);
  });
}

TEST_CASE("what may not be looked at is an error, also of exists", "[fs][stat]") {
  scratch_directory dir;
  REQUIRE(mkdir((dir / "locked").c_str(), 0700) == 0);
  put(dir / "locked/f", "x");
  REQUIRE(chmod((dir / "locked").c_str(), 0) == 0);
  REQUIRE(chmod(dir.path().c_str(), 0755) == 0);
  child_end const end = in_child([&] {
    if (getuid() == 0 && setuid(65534) != 0) return 2;
    int refused = 0;
    halka::run([&]() -> task<> {
      std::string const denied = (dir / "locked/f") + ": Permission denied";
      auto error = co_await error_of([&]() -> task<> { co_await fs::exists(dir / "locked/f"); }());
      refused += error == "stat " + denied;
      error = co_await error_of([&]() -> task<> { co_await open_file(dir / "locked/f"); }());
      refused += error == "open " + denied;
      error = co_await error_of([&]() -> task<> { co_await fs::list_directory(dir / "locked"); }());
      refused += error == "open directory " + (dir / "locked") + ": Permission denied";
    });
    return refused == 3 ? 0 : 1;
  });
  chmod((dir / "locked").c_str(), 0700);
  CHECK(end.exit_code == 0);
}
