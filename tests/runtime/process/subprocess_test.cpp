// SPDX-License-Identifier: MIT
#include "../../support/child_process.hpp"
#include "../../support/children.hpp"

#include <halka/io/kernel_features.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Whether a process group can be signalled through the pidfd of its leader, whose status was taken: since Linux 6.9.
bool groups_outlive_their_leader() {
  constexpr unsigned to_process_group = 4;  // PIDFD_SIGNAL_PROCESS_GROUP
  unique_fd const self(static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0)));
  bool const known = syscall(SYS_pidfd_send_signal, self.get(), 0, nullptr, to_process_group) == 0 || errno != EINVAL;
  return known && kernel::allows(kernel::feature::pidfd_process_group);
}

}  // namespace

TEST_CASE("a subprocess that is dropped is killed and leaves nothing", "[process]") {
  run_clean([]() -> task<> {
    int pid = 0;
    {
      subprocess const dropped = co_await create_subprocess_exec(command("sleep", 60), {.standard_output = stdio::pipe});
      pid = dropped.pid();
    }
    co_await until_ended(pid);
    while (!no_children()) co_await yield_now();  // its status is taken although nobody waits
  });
}

TEST_CASE("a subprocess that has ended and is dropped leaves nothing", "[process]") {
  run_clean([]() -> task<> {
    subprocess first = co_await create_subprocess_exec(command("true"));
    co_await first.wait();
    subprocess second = co_await create_subprocess_exec(command("sleep", 60));
    second = std::move(first);  // kills what it was
    CHECK(second.return_code() == 0);
    CHECK(kind_thrown([&] { first.pid(); }) == "logic_error");
    CHECK_FALSE(first.is_running());
  });
}

TEST_CASE("the end of the loop kills a subprocess that runs", "[process]") {
  std::optional<subprocess> left;
  run_clean([&]() -> task<> {
    left = co_await create_subprocess_exec(command("sh", "-c", "trap '' TERM; sleep 60 & wait"), {.kill_group = true});
  });
  CHECK_FALSE(left->is_running());
  CHECK(left->return_code() == -SIGKILL);
}

TEST_CASE("a detached subprocess lives longer than its object and the loop", "[process]") {
  int pid = 0;
  std::size_t const before = open_descriptors();
  run_real([&]() -> task<> {
    subprocess free = co_await create_subprocess_exec(command("sleep", 60));
    free.detach();
    pid = free.pid();
  });
  CHECK_FALSE(has_ended(pid));
  CHECK(open_descriptors() == before);
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  CHECK(no_children());
}

TEST_CASE("wait follows the process and not its pipes", "[process]") {
  run_clean([]() -> task<> {
    // The grandchild holds the pipe.
    subprocess parent =
        co_await create_subprocess_shell("sleep 60 & echo $!; exit 5", {.standard_output = stdio::pipe, .kill_group = true});
    int const code = co_await parent.wait();
    CHECK(code == 5);
    int const grandchild = std::stoi(co_await parent.standard_output().read_line());
    CHECK_FALSE(has_ended(grandchild));
    bool const reached = parent.kill();  // the group has members yet
    CHECK(reached == groups_outlive_their_leader());
    if (!reached) ::kill(grandchild, SIGKILL);
    co_await until_ended(grandchild);
    std::string const rest = co_await parent.standard_output().read_all();
    CHECK(rest.empty());
  });
}

TEST_CASE("signals reach the process, by number and by name", "[process]") {
  run_clean([]() -> task<> {
    subprocess stubborn = co_await create_subprocess_shell("trap 'echo caught' USR1; echo ready; while :; do sleep 0.01; done",
                                                           {.standard_output = stdio::pipe, .kill_group = false});
    stream& out = stubborn.standard_output();
    std::string line = co_await out.read_line();
    CHECK(line == "ready\n");
    CHECK(stubborn.send_signal("USR1"));
    line = co_await out.read_line();
    CHECK(line == "caught\n");
    CHECK(kind_thrown([&] { stubborn.send_signal(0); }) == "invalid_argument");
    CHECK(kind_thrown([&] { stubborn.send_signal(65); }) == "invalid_argument");
    CHECK(kind_thrown([&] { stubborn.send_signal("NONSENSE"); }) == "invalid_argument");
    CHECK(stubborn.terminate());
    int const code = co_await stubborn.wait();
    CHECK(code == -SIGTERM);
    CHECK_FALSE(stubborn.terminate());
  });
}

TEST_CASE("a child that ignores SIGTERM ends with SIGKILL", "[process]") {
  run_clean([]() -> task<> {
    subprocess stubborn = co_await create_subprocess_shell("trap '' TERM; echo ready; while :; do sleep 0.01; done",
                                                           {.standard_output = stdio::pipe});
    co_await stubborn.standard_output().read_line();
    stubborn.terminate();
    bool late = false;
    try {
      co_await wait_for(stubborn.wait(), 20ms);
    } catch (timeout_error const&) {
      late = true;
    }
    CHECK(late);
    stubborn.kill();
    int const code = co_await stubborn.wait();
    CHECK(code == -SIGKILL);
  });
}

TEST_CASE("streams that are no pipes, and no process at all, are told", "[process]") {
  run_clean([]() -> task<> {
    subprocess quiet = co_await create_subprocess_exec(command("true"));
    CHECK(kind_thrown([&] { quiet.standard_input(); }) == "logic_error");
    CHECK(kind_thrown([&] { quiet.standard_error(); }) == "logic_error");
    std::string text;
    try {
      quiet.standard_output();
    } catch (std::logic_error const& e) {
      text = e.what();
    }
    CHECK_THAT(text, ContainsSubstring("the standard output of process ") && ContainsSubstring("(true) is no pipe"));
    CHECK(kind_thrown([&] { static_cast<void>(quiet.communicate("input")); }) == "logic_error");
    co_await quiet.wait();

    subprocess none;
    CHECK_FALSE(none.is_running());
    CHECK_FALSE(none.return_code());
    CHECK(kind_thrown([&] { static_cast<void>(none.wait()); }) == "logic_error");
    CHECK(kind_thrown([&] { none.kill(); }) == "logic_error");
    std::string const merged = co_await error_of(create_subprocess_exec(command("true"), {.standard_output = stdio::merged}));
    CHECK(merged == "stdio::merged is for the standard error");
    std::string const backwards = co_await error_of(create_subprocess_exec(command(std::vector<std::string>())));
    CHECK(backwards == "a command needs the name of a program");
  });
}

TEST_CASE("the standard error can go where the standard output goes", "[process]") {
  run_clean([]() -> task<> {
    completed_process const both = co_await run_process(command("sh", "-c", "echo one; echo two >&2; echo three"),
                                                        {.standard_output = stdio::pipe, .standard_error = stdio::merged});
    CHECK(both.output == "one\ntwo\nthree\n");
    CHECK(both.error.empty());
  });
}

TEST_CASE("run_process gives input, collects what is asked for, and tells the return code", "[process]") {
  run_clean([]() -> task<> {
    std::vector<std::string> const environment{"HALKA_WORD=word"};
    completed_process const done = co_await run_process(
        command("sh", "-c", "cat; echo $HALKA_WORD; pwd >&2; exit 3"),
        {.standard_output = stdio::pipe, .standard_error = stdio::pipe, .cwd = "/", .environment = environment}, "input ");
    CHECK(done.return_code == 3);
    CHECK(done.output == "input word\n");
    CHECK(done.error == "/\n");
  });
}

TEST_CASE("close kills, waits and can be repeated", "[process]") {
  run_clean([]() -> task<> {
    subprocess p = co_await create_subprocess_exec(command("cat"), {.standard_input = stdio::pipe, .standard_output = stdio::pipe});
    co_await p.close();
    CHECK(p.return_code() == -SIGKILL);
    CHECK(no_children());
    co_await p.close();
    auto body = [](subprocess& sleeper) -> task<int> {
      co_await yield_now();
      co_return sleeper.pid();
    };
    int const pid = co_await with(co_await create_subprocess_exec(command("sleep", 60)), body);
    CHECK(has_ended(pid));
  });
}

TEST_CASE("somebody else who takes the status is told of, and wait does not hang", "[process]") {
  run_clean([]() -> task<> {
    subprocess p = co_await create_subprocess_exec(command("cat"), {.standard_input = stdio::pipe});
    // The waitid of the kernel is there already; it loses only if the child is taken at the very moment. So SIGCHLD is ignored:
    // the kernel drops the status.
    auto const before = std::signal(SIGCHLD, SIG_IGN);
    co_await p.standard_input().close();
    std::string const text = co_await error_of(p.wait());
    std::signal(SIGCHLD, before);
    CHECK_THAT(text, ContainsSubstring("(cat), whose status was taken: No child processes"));
    CHECK_FALSE(p.is_running());
    CHECK_FALSE(p.return_code());
  });
}

TEST_CASE("without descriptors a subprocess is not started and nothing is left", "[process]") {
  child_end const end = in_child([] {
    int failures = 0;
    run_real([&]() -> task<> {
      std::size_t const before = open_descriptors();
      int const lowest = dup(0);
      close(lowest);
      rlimit old{};
      getrlimit(RLIMIT_NOFILE, &old);
      // With one more descriptor each time, until it works.
      for (int more = 0; more < 20; ++more) {
        rlimit const few{static_cast<rlim_t>(lowest + more), old.rlim_max};
        setrlimit(RLIMIT_NOFILE, &few);
        bool worked = true;
        try {
          subprocess p = co_await create_subprocess_exec(
              command("true"), {.standard_input = stdio::pipe, .standard_output = stdio::pipe, .standard_error = stdio::null});
          co_await p.wait();
        } catch (std::system_error const& e) {
          worked = false;
          if (e.code().value() == EMFILE) ++failures;
        }
        setrlimit(RLIMIT_NOFILE, &old);
        if (open_descriptors() != before || !no_children()) failures += 1000;
        if (worked) break;
      }
    });
    return failures >= 5 && failures < 20 ? 0 : 1;
  });
  INFO(end.error_output);
  CHECK(end.exit_code == 0);
}
