// SPDX-License-Identifier: MIT
#include "../../support/descriptors.hpp"
#include "../../support/error_of.hpp"

#include <halka/io/ops/wait_child.hpp>

#include <catch2/catch_test_macros.hpp>

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <stdexcept>

using namespace halka;
using namespace halka::test;

namespace {

/// A child process that ends as `end` says once `go` is closed.
struct child {
  explicit child(int exit_code, int signal = 0) {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("pipe");
    pid = fork();
    if (pid == 0) {
      close(ends[1]);
      char byte = 0;
      static_cast<void>(!read(ends[0], &byte, 1));
      if (signal != 0) kill(getpid(), signal);
      _exit(exit_code);
    }
    close(ends[0]);
    go = descriptor(ends[1]);
    pidfd = descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  }
  pid_t pid;
  descriptor go;
  descriptor pidfd;
};

task<int> status_of(int pidfd) { co_return co_await io::wait_child(pidfd); }

}  // namespace

TEST_CASE("wait_child yields the exit code, or minus the signal, and leaves no zombie", "[io][ops][child]") {
  run_real([]() -> task<> {
    child exits(7);
    auto waiting = spawn(status_of, exits.pidfd.get());
    co_await settle();
    CHECK_FALSE(waiting.done());
    exits.go.close();
    int status = co_await waiting;
    CHECK(status == 7);
    CHECK(waitpid(exits.pid, nullptr, WNOHANG) == -1);
    child killed(0, SIGKILL);
    killed.go.close();
    status = co_await io::wait_child(killed.pidfd.get());
    CHECK(status == -SIGKILL);
    auto error = co_await error_of([&]() -> task<> { co_await io::wait_child(killed.pidfd.get()); }());
    CHECK(error == "wait for a child process: No child processes");
    error = co_await error_of([]() -> task<> { co_await io::wait_child(9999); }());
    CHECK(error == "wait for a child process: Bad file descriptor");
  });
}

TEST_CASE("a wait for a child that is cancelled leaves its status to the next", "[io][ops][child][cancel]") {
  run_real([]() -> task<> {
    child c(3);
    auto waiting = spawn(status_of, c.pidfd.get());
    co_await settle();
    waiting.cancel();
    co_await settle();
    CHECK(waiting.cancelled());
    c.go.close();
    int const status = co_await io::wait_child(c.pidfd.get());
    CHECK(status == 3);
  });
}

TEST_CASE("a process that is no child of this one cannot be waited for", "[io][ops][child]") {
  descriptor const parent(static_cast<int>(syscall(SYS_pidfd_open, getppid(), 0)));
  run_real([&]() -> task<> {
    auto const error = co_await error_of([&]() -> task<> { co_await io::wait_child(parent.get()); }());
    CHECK(error == "wait for a child process: No child processes");
  });
}
