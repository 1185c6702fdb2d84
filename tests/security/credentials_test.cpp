// SPDX-License-Identifier: MIT
#include "../support/files.hpp"
#include "../support/forked.hpp"

#include <halka/halka.hpp>

#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <string>
#include <system_error>

using namespace halka;
using namespace halka::test;

namespace {

constexpr uid_t somebody = 65534;

task<int> open_error(std::string path) {
  int error = 0;
  try {
    file f = co_await open_file(path, "r");
    static_cast<void>(co_await f.read());
  } catch (std::system_error const& e) {
    error = e.code().value();
  }
  co_return error;
}

}  // namespace

TEST_CASE("after setuid a living loop and its threads open files as the new user", "[security][credentials]") {
  if (geteuid() != 0) SKIP("only root can become somebody else");
  scratch_directory const dir;
  std::string const path = dir / "secret";
  int const fd = ::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  REQUIRE(fd >= 0);
  ::close(fd);
  REQUIRE(chmod(dir.path().c_str(), 0755) == 0);
  forked child([&] {
    int before = -1, after = -1, in_thread = -1;
    auto body = [&]() -> task<> {
      before = co_await open_error(path);
      // A thread and a worker of the ring are there already, which keep nothing of what the process was.
      co_await to_thread([] {});
      if (setgid(somebody) != 0 || setuid(somebody) != 0) co_return;
      after = co_await open_error(path);
      in_thread = co_await to_thread([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC) < 0 ? errno : 0; });
    };
    run(body);
    if (before != 0) return 1;
    if (after != EACCES) return 2;
    return in_thread == EACCES ? 0 : 3;
  });
  CHECK(child.wait() == 0);
}

TEST_CASE("another user opens neither the memory of a worker process nor its channels", "[security][credentials]") {
  if (geteuid() != 0) SKIP("only root can become somebody else");
  int code = -1;
  auto body = [&]() -> task<> {
    process_pool pool({.workers = 1});
    int const pid = co_await pool.submit([] { return static_cast<int>(getpid()); });
    forked other([pid] {
      if (setgid(somebody) != 0 || setuid(somebody) != 0) return 1;
      std::string const process = "/proc/" + std::to_string(pid);
      for (int fd = 0; fd < 32; ++fd)
        if (::open((process + "/fd/" + std::to_string(fd)).c_str(), O_RDWR | O_CLOEXEC) >= 0) return 2;
      if (::open((process + "/mem").c_str(), O_RDONLY | O_CLOEXEC) >= 0) return 3;
      return kill(pid, 0) == 0 ? 4 : 0;
    });
    code = other.wait();
    co_await pool.shutdown();
  };
  run(body);
  CHECK(code == 0);
}
