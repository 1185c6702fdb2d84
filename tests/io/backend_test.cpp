// SPDX-License-Identifier: MIT
#include "../support/child_process.hpp"
#include "../support/descriptors.hpp"
#include "../support/environment.hpp"
#include "../support/features.hpp"
#include "../support/fixture.hpp"
#include "../support/io_uring_is_there.hpp"
#include "../support/system_call_filter.hpp"

#include <halka/io/default_poller.hpp>
#include <halka/io/memory_file.hpp>
#include <halka/io/ops/truncate.hpp>
#include <halka/io/uring/ring.hpp>
#include <halka/runtime/testing/test_backend.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
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
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

using namespace halka;
using namespace halka::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Message;
using Catch::Matchers::StartsWith;

namespace {

task<backend_choice> ask() { co_return backend(); }

std::string chosen(run_options options = {}) { return to_string(halka::run(ask(), options)); }

/// A loop that works: bytes go through a pipe, a file gets a size, and a child process ends.
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

TEST_CASE("a loop tells which backend it has, and why", "[io][backend]") {
  environment const none("HALKA_BACKEND", nullptr);
  features const all("");
  backend_choice const choice = halka::run(ask());
  if (io_uring_is_there()) {
    CHECK(choice.kind == backend_kind::io_uring);
    CHECK(choice.name == "io_uring");
  } else {
    CHECK(choice.kind == backend_kind::epoll);
    CHECK(choice.name == "epoll");
    CHECK_THAT(choice.reason, StartsWith("io_uring cannot be set up: "));
  }
  CHECK_FALSE(choice.reason.empty());
  CHECK(to_string(choice) == std::string(choice.name) + ": " + choice.reason);
}

TEST_CASE("outside of a loop there is no backend to ask for", "[io][backend]") { CHECK_THROWS_AS(backend(), std::logic_error); }

TEST_CASE("a loop that was made but does not run can be asked for its backend", "[io][backend]") {
  runner r({.backend = backend_kind::epoll});
  CHECK(to_string(backend(r.get_loop())) == "epoll: run_options");
}

TEST_CASE("HALKA_BACKEND chooses where the options do not", "[io][backend]") {
  {
    environment const e("HALKA_BACKEND", "epoll");
    CHECK(chosen() == "epoll: HALKA_BACKEND=epoll");
  }
  if (!io_uring_is_there()) return;
  environment const e("HALKA_BACKEND", "io_uring");
  CHECK_THAT(chosen(), StartsWith("io_uring: HALKA_BACKEND=io_uring"));
}

TEST_CASE("the options of a run win over HALKA_BACKEND", "[io][backend]") {
  environment const e("HALKA_BACKEND", "io_uring");
  CHECK(chosen({.backend = backend_kind::epoll}) == "epoll: run_options");
  environment const other("HALKA_BACKEND", "epoll");
  if (io_uring_is_there()) CHECK_THAT(chosen({.backend = backend_kind::io_uring}), StartsWith("io_uring: run_options"));
}

TEST_CASE("an empty HALKA_BACKEND is none, and one that names no backend is an error that names them", "[io][backend]") {
  {
    environment const e("HALKA_BACKEND", "");
    CHECK_THAT(chosen(), !ContainsSubstring("HALKA_BACKEND"));
  }
  for (char const* const bad : {"kqueue", "Epoll", "automatic", "epoll "}) {
    environment const e("HALKA_BACKEND", bad);
    CHECK_THROWS_MATCHES(chosen(), std::invalid_argument,
                         Message("HALKA_BACKEND=" + std::string(bad) + ": there is no such backend; there are io_uring and epoll"));
  }
}

TEST_CASE("a poller that the program brings is not replaced, whatever HALKA_BACKEND says", "[io][backend]") {
  environment const e("HALKA_BACKEND", "kqueue");
  runner r(std::make_unique<virtual_clock>(), {.backend = backend_kind::epoll});
  CHECK(r.run([]() -> task<int> { co_return 5; }) == 5);
  CHECK_THROWS_AS(backend(r.get_loop()), std::logic_error);
}

TEST_CASE("programs under test stand over the backend that is chosen", "[io][backend][testing]") {
  auto const kind = []() -> task<backend_kind> { co_return backend().kind; };
  auto const must_be_epoll = []() -> task<> {
    co_await yield_now();
    if (backend().kind != backend_kind::epoll) throw std::runtime_error("not over epoll");
  };
  {
    environment const e("HALKA_BACKEND", "epoll");
    CHECK(testing::run_test(kind) == backend_kind::epoll);
    CHECK(testing::run_test(kind, {.virtual_time = false}) == backend_kind::epoll);
  }
  environment const none("HALKA_BACKEND", nullptr);
  CHECK(testing::run_test(kind, {.backend = backend_kind::epoll}) == backend_kind::epoll);
  CHECK_NOTHROW(testing::run_test(must_be_epoll, {.cancel_everywhere = true, .backend = backend_kind::epoll}));
  CHECK_NOTHROW(testing::fuzz(must_be_epoll, {.seeds = 2, .backend = backend_kind::epoll}));
  if (io_uring_is_there()) CHECK(testing::run_test(kind, {.backend = backend_kind::io_uring}) == backend_kind::io_uring);
}

TEST_CASE("the loops of run_workers have the backend of its options", "[io][backend][thread]") {
  std::vector<backend_choice> const choices = run_workers(2, {.backend = backend_kind::epoll}, ask);
  REQUIRE(choices.size() == 2);
  for (backend_choice const& c : choices) CHECK(to_string(c) == "epoll: run_options");
}

TEST_CASE("where io_uring is refused, epoll takes its place and says why", "[io][backend]") {
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

TEST_CASE("nothing is printed, and with HALKA_DEBUG one line for a backend", "[io][backend]") {
  auto const two_loops = [](bool debug) {
    return in_child([debug] {
      setenv("HALKA_BACKEND", "epoll", 1);
      if (debug) setenv("HALKA_DEBUG", "1", 1);
      chosen();
      chosen();
      return 0;
    });
  };
  CHECK(two_loops(false).error_output.empty());
  CHECK(two_loops(true).error_output == "halka: backend epoll: HALKA_BACKEND=epoll\n");
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
