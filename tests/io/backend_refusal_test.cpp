// SPDX-License-Identifier: MIT
#include "../support/child_process.hpp"
#include "../support/descriptors.hpp"
#include "../support/features.hpp"
#include "../support/fixture.hpp"
#include "../support/io_uring_is_there.hpp"
#include "../support/system_call_filter.hpp"

#include <halka/io/memory_file.hpp>
#include <halka/io/ops/truncate.hpp>
#include <halka/io/uring/ring.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

task<> nap() { co_await sleep(3ms); }

task<backend_choice> ask() { co_return backend(); }

std::string chosen(run_options options = {}) { return to_string(halka::run(ask(), options)); }

/// A loop that works: bytes go through a pipe, a file gets a size, another is read, and a child process ends.
task<> use() {
  pipe_ends ends = make_pipe();
  stream in(std::move(ends.read_end));
  stream out(std::move(ends.write_end));
  std::string const sent(100'000, 'x');
  auto const writing = spawn([&]() -> task<> {
    co_await out.write(sent);
    co_await out.close();
  });
  std::string const got = co_await in.read_all();
  co_await writing;
  if (got != sent) throw std::runtime_error("the pipe lost bytes");

  descriptor const file(detail::open_memory_file("a test"));
  co_await io::truncate(file.get(), 1000);
  if (lseek(file.get(), 0, SEEK_END) != 1000) throw std::runtime_error("the file has another size");

  std::string const text = co_await read_text("/proc/self/comm");
  if (text.empty()) throw std::runtime_error("the file has no text");

  command const what("sh", "-c", "exit 3");
  completed_process const ended = co_await run_process(what);
  if (ended.return_code != 3) throw std::runtime_error("the child was lost");
}

/// What a loop says of its backend in a child that begins with `prepare`, and has then used it.
child_end in_prepared_child(std::function<bool()> const& prepare) {
  return in_child([&] {
    unsetenv("HALKA_BACKEND");
    if (!prepare()) return 2;
    std::string const text = chosen();
    halka::run(use());
    std::fprintf(stderr, "%s\n", text.c_str());
    return 0;
  });
}

bool linux_is_at_least(unsigned major, unsigned minor) {
  utsname name{};
  uname(&name);
  unsigned a = 0, b = 0;
  std::sscanf(name.release, "%u.%u", &a, &b);
  return a > major || (a == major && b >= minor);
}

}  // namespace

TEST_CASE("where io_uring is refused, epoll takes its place and says why", "[io][backend]") {
  if (!io_uring_is_there()) SKIP("io_uring is refused here, once and for all");
  for (int const error : {EPERM, EACCES, ENOSYS, EOPNOTSUPP, EINVAL, ENOMEM, EIO}) {
    child_end const end = in_prepared_child([error] { return refuse_system_call(SYS_io_uring_setup, error); });
    INFO(end.error_output);
    CHECK(end.exit_code == 0);
    CHECK(end.signal == 0);
    CHECK(end.error_output == "epoll: " + explain_setup_error(error) + "\n");
  }
}

TEST_CASE("a filter that forbids only entering a ring, or only registering, is a refusal too", "[io][backend]") {
  if (!io_uring_is_there()) SKIP("io_uring is refused here");
  for (long const call : {SYS_io_uring_enter, SYS_io_uring_register}) {
    child_end const end = in_prepared_child([call] { return refuse_system_call(call, EPERM); });
    INFO(end.error_output);
    CHECK(end.exit_code == 0);
    CHECK(end.error_output == "epoll: " + explain_setup_error(EPERM) + "\n");
  }
}

TEST_CASE("a process to which io_uring was refused for good does not try again", "[io][backend]") {
  if (!io_uring_is_there()) SKIP("io_uring is refused here, once and for all");
  for (int const error : {EPERM, ENOSYS, EINVAL}) {
    child_end const end = in_prepared_child([error] {
      if (!refuse_system_call(SYS_io_uring_setup, error)) return false;
      return chosen().starts_with("epoll: ") && kill_at_system_call(SYS_io_uring_setup);
    });
    INFO(end.error_output);
    CHECK(end.signal == 0);
    CHECK(end.error_output == "epoll: " + explain_setup_error(error) + "\n");
  }
}

TEST_CASE("a process that had no memory for a ring tries again with the next loop", "[io][backend]") {
  if (!io_uring_is_there()) SKIP("io_uring is refused here, once and for all");
  child_end const end = in_prepared_child([] {
    if (!refuse_system_call(SYS_io_uring_setup, ENOMEM)) return false;
    return chosen().starts_with("epoll: ") && kill_at_system_call(SYS_io_uring_setup);
  });
  CHECK(end.signal == SIGSYS);
}

TEST_CASE("a lack of descriptors is an error and not a reason for epoll", "[io][backend]") {
  if (!io_uring_is_there()) SKIP("io_uring is refused here");
  for (int const error : {EMFILE, ENFILE}) {
    child_end const end = in_child([error] {
      unsetenv("HALKA_BACKEND");
      if (!refuse_system_call(SYS_io_uring_setup, error)) return 2;
      try {
        chosen();
      } catch (std::system_error const& e) {
        return e.code().value() == error ? 0 : 3;
      }
      return 4;
    });
    CHECK(end.exit_code == 0);
  }
}

TEST_CASE("without memory that may be locked a new kernel gives no ring, and epoll takes its place", "[io][backend]") {
  if (!linux_is_at_least(6, 14)) SKIP("this kernel does not count the memory of rings");
  if (!io_uring_is_there()) SKIP("io_uring is refused here");
  child_end const end = in_prepared_child([] {
    rlimit const none{0, 0};
    if (setrlimit(RLIMIT_MEMLOCK, &none) != 0) return false;
    return geteuid() != 0 || setuid(61234) == 0;  // root may lock what it likes
  });
  INFO(end.error_output);
  CHECK(end.exit_code == 0);
  CHECK_THAT(end.error_output, StartsWith("epoll: io_uring cannot be set up: its memory exceeds RLIMIT_MEMLOCK (0 bytes"));
}

TEST_CASE("with little memory that may be locked the queues are smaller, and the loop works", "[io][backend]") {
  if (!linux_is_at_least(6, 14)) SKIP("this kernel does not count the memory of rings");
  if (!io_uring_is_there()) SKIP("io_uring is refused here");
  if (geteuid() != 0) SKIP("other processes of this user may have locked memory: root takes a user of its own");
  child_end const end = in_prepared_child([] {
    rlimit const little{64 * 1024, 64 * 1024};
    return setrlimit(RLIMIT_MEMLOCK, &little) == 0 && setuid(61235) == 0;
  });
  INFO(end.error_output);
  CHECK(end.exit_code == 0);
  CHECK_THAT(end.error_output, StartsWith("io_uring: ") && ContainsSubstring("with small queues, for want of memory"));
}

TEST_CASE("epoll works without each newer feature", "[io][backend][kernel]") {
  run_options const options{.backend = backend_kind::epoll};
  for (char const* const f : {"-epoll_pwait2", "-memfd_noexec", "-nowait_pipes", "-resolve_cached", "none"}) {
    features const without(f);
    INFO(f);
    CHECK_NOTHROW(halka::run(use(), options));
    auto const begin = clock::now();
    halka::run(nap(), options);
    CHECK(clock::now() - begin >= 3ms);
  }
}

TEST_CASE("io_uring works without each newer feature, and tells which it lacks", "[io][backend][kernel]") {
  if (!io_uring_is_there()) SKIP("io_uring is refused here");
  run_options const options{.backend = backend_kind::io_uring};
  for (char const* const f : {"buffer_rings", "defer_taskrun", "ftruncate", "registered_ring_fd", "waitid"}) {
    features const without("-" + std::string(f));
    INFO(f);
    CHECK_THAT(chosen(options), ContainsSubstring("without ") && ContainsSubstring(f));
    CHECK_NOTHROW(halka::run(use(), options));
  }
  features const without("none");
  CHECK(chosen(options) ==
        "io_uring: run_options; without defer_taskrun, coop_taskrun, registered_ring_fd, ftruncate, waitid, buffer_rings");
  CHECK_NOTHROW(halka::run(use(), options));
}
