// SPDX-License-Identifier: MIT
#include "../support/descriptors.hpp"
#include "../support/fixture.hpp"
#include "../support/forked.hpp"

#include <halka/halka.hpp>

#include <catch2/catch_test_macros.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

struct idle_job final : worker_job {
  void run() noexcept override {}
  void drop(std::exception_ptr const&) noexcept override {}
};

constexpr std::string_view remedy = "or start it with process, process_pool or create_subprocess instead";

/// 0 if `fn` throws a logic_error with the remedy; the child's exit code.
int is_told(std::function<void()> const& fn) {
  try {
    fn();
  } catch (std::logic_error const& e) {
    return std::string_view(e.what()).ends_with(remedy) ? 0 : 2;
  } catch (...) {
    return 3;
  }
  return 1;
}

/// Waits without blocking the loop's thread for long: the child makes one attempt and ends.
int exit_code_of(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// Forks in a task; the child does `fn` there and exits with what it returns.
int in_child(std::function<int()> const& fn) {
  pid_t const child = fork();
  if (child == 0) {
    alarm(20);
    _exit(fn());
  }
  return exit_code_of(child);
}

}  // namespace

TEST_CASE("in the child of a fork the loop refuses what would reach the parent's kernel objects", "[security][fork]") {
  int scheduled = -1, nested = -1, callback = -1, threads = -1;
  auto body = [&]() -> task<> {
    auto fds = std::make_unique<pipe_pair>();
    co_await to_thread([] {});
    event_loop& loop = get_running_loop();
    scheduled = in_child([&] { return is_told([&] { loop.call_soon([] {}); }); });
    nested = in_child([] { return is_told([] { run([]() -> task<> { co_return; }); }); });
    callback = in_child([&] { return is_told([&] { loop.call_soon_threadsafe([] {}); }); });
    worker_threads own(1, "own");
    idle_job job;
    threads = in_child([&] { return is_told([&] { own.submit(job); }); });
  };
  run(body);
  CHECK(scheduled == 0);
  CHECK(nested == 0);
  CHECK(callback == 0);
  CHECK(threads == 0);
}

TEST_CASE("a task that goes on in the child of a fork is told when it awaits, and no other task runs there", "[security][fork]") {
  // The whole run is in a process of its own, for the child of that leaves its run by the exception.
  forked const parent([] {
    pid_t child = -1;
    bool other_ran = false;
    std::string text;
    auto other = [&]() -> task<> {
      other_ran = true;
      co_return;
    };
    auto body = [&]() -> task<> {
      auto second = create_task(other());
      pipe_pair fds;
      child = fork();
      if (child == 0) alarm(20);
      co_await sleep(1ms);
      co_await second;
    };
    int const told = is_told([&] { run(body); });
    if (child == 0) _exit(told == 0 && !other_ran ? 0 : 10 + told);
    if (told != 1 || !other_ran) return 20;  // the parent's run ended well
    return exit_code_of(child);
  });
  CHECK(const_cast<forked&>(parent).wait() == 0);
}

TEST_CASE("a child that awaits, ends and closes changes nothing for the parent", "[security][fork]") {
  forked parent([] {
    pid_t child = -1;
    std::string got;
    auto body = [&]() -> task<> {
      server echo = co_await start_server(
          [](stream s) -> task<> {
            std::string const line = co_await s.read_line();
            co_await s.write(line);
          },
          "127.0.0.1", 0);
      stream client = co_await open_connection("127.0.0.1", echo.port());
      auto reading = [&]() -> task<> { got = co_await client.read_line(); };
      auto reader = create_task(reading());
      co_await sleep(5ms);  // until the read is in the kernel's hands
      child = fork();
      if (child == 0) {
        alarm(20);
        client.close();
        echo.close();
        co_await sleep(1ms);
      }
      exit_code_of(child);
      co_await client.write("still here\n");
      co_await reader;
    };
    int const told = is_told([&] { run(body); });
    if (child == 0) _exit(told);
    return got == "still here\n" && told == 1 ? 0 : 1;
  });
  CHECK(parent.wait() == 0);
}

TEST_CASE("the child of a fork keeps no descriptor of the loop", "[security][fork]") {
  std::size_t before = open_descriptors(), here = 0;
  int there = -1;
  auto body = [&]() -> task<> {
    co_await sleep(1us);
    here = open_descriptors();
    there = in_child([] { return static_cast<int>(open_descriptors()); });
  };
  run(body);
  CHECK(here > before);
  CHECK(there == static_cast<int>(before));
}

TEST_CASE("a child that was forked outside of a loop runs loops of its own, and a runner of before refuses", "[security][fork]") {
  if (detail::sanitized) SKIP("the thread sanitizer starts no threads in the child of a program with threads");
  runner before;
  auto three = []() -> task<int> {
    co_await sleep(1us);
    int const n = co_await to_thread([] { return 3; });
    co_return n;
  };
  CHECK(before.run(three()) == 3);
  forked child([&] {
    int const fresh = run(three());
    int const told = is_told([&] { before.run(three()); });
    before.close();
    return fresh == 3 ? told : 5;
  });
  CHECK(child.wait() == 0);
  CHECK(before.run(three()) == 3);
}

TEST_CASE("pools that the child of a fork inherits are destroyed there without waiting for their threads", "[security][fork]") {
  auto threads = std::make_unique<worker_threads>(2, "inherited");
  idle_job one;
  threads->submit(one);
  forked child([&] {
    threads->close(false);
    threads->join();
    threads.reset();
    return 0;
  });
  CHECK(child.wait() == 0);
}
