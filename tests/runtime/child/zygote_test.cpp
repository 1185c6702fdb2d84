// SPDX-License-Identifier: MIT
#include "../../support/captured_output.hpp"
#include "../../support/child_process.hpp"
#include "../../support/children.hpp"
#include "../../support/told.hpp"

#include <halka/runtime/child/zygote.hpp>

#include <catch2/catch_test_macros.hpp>

#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <sstream>
#include <string>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

std::map<std::string, int> const made_before_main{{"answer", 42}};

/// Prints before main if it is told to.
struct early_printer {
  early_printer() {
    if (char const* const text = std::getenv("HALKA_TEST_EARLY")) std::printf("%s", text);
  }
} const printer;

/// What it was told when it ended; none if it could not be told.
std::optional<int> status_of(started_child const& child) {
  int status = 0;
  ssize_t const got = read(child.status.get(), &status, sizeof status);
  return got == sizeof status ? std::optional(status) : std::nullopt;
}

unique_fd pen_in(message_reader& arguments) {
  unique_fd pen;
  arguments(pen);
  return pen;
}

int tell_and_wait(message_reader& arguments) {
  unique_fd const pen = pen_in(arguments);
  tell(pen, std::to_string(getpid()) + ' ' + std::to_string(getppid()) + '\n');
  while (true) pause();
}

struct pids {
  int self = 0;
  int zygote = 0;
};

started_child start(zygote& by, int (*main)(message_reader&), unique_fd pen) {
  message_writer arguments;
  arguments(pen);
  return by.start({.main = main, .arguments = &arguments, .name = "test-child"});
}

/// Starts a process that waits, and asks it.
pids start_waiting(zygote& by, started_child& child) {
  told from;
  child = start(by, tell_and_wait, from.pen());
  pids p;
  std::istringstream(from.line()) >> p.self >> p.zygote;
  return p;
}

void wait_until_ended(int pid) { halka::run(until_ended(pid)); }

}  // namespace

TEST_CASE("a child of the zygote is nobody's child here, and its end is told", "[zygote]") {
  told from;
  started_child const child = start(
      zygote::common(),
      [](message_reader& arguments) {
        tell(pen_in(arguments), std::to_string(getpid()) + ' ' + std::to_string(made_before_main.at("answer")));
        return 7;
      },
      from.pen());
  CHECK(from.text() == std::to_string(child.pid) + " 42");
  CHECK(no_children());
  CHECK(status_of(child) == 7);
}

TEST_CASE("a child of the zygote sees nothing of how the zygote was started", "[zygote]") {
  told from;
  started_child const child = start(
      zygote::common(),
      [](message_reader& arguments) {
        auto const value = [](char const* name) {
          char const* const v = std::getenv(name);
          return std::string(v ? v : "-");
        };
        sigset_t blocked;
        sigprocmask(SIG_BLOCK, nullptr, &blocked);
        struct sigaction child_end {};
        sigaction(SIGCHLD, nullptr, &child_end);
        tell(pen_in(arguments), value("HALKA_ZYGOTE") + value("HALKA_ZYGOTE_PRELOAD") + value("LD_PRELOAD") +
                                    (sigisemptyset(&blocked) ? " none" : " some") +
                                    (child_end.sa_handler == SIG_DFL ? " default" : " other"));
        return 0;
      },
      from.pen());
  char const* const preload = std::getenv("LD_PRELOAD");
  CHECK(from.text() == "--" + std::string(preload ? preload : "-") + " none default");
  CHECK(status_of(child) == 0);
}

TEST_CASE("what static objects print is printed once, not again by the zygote and its children", "[zygote]") {
  std::string out;
  {
    captured_output const captured(1);
    in_child([] {
      setenv("HALKA_TEST_EARLY", "early", 1);
      zygote fresh(zygote::children_of_children::live);
      message_writer const none;
      started_child const child = fresh.start({.main = [](message_reader&) { return std::printf("child") - 5; }});
      return status_of(child).value_or(1);
    });
    out = captured.text();
  }
  CHECK(out == "child");
}

TEST_CASE("a zygote that was killed takes its children along, and the next start makes another", "[zygote]") {
  zygote by(zygote::children_of_children::live);
  started_child first;
  pids const before = start_waiting(by, first);
  std::size_t const descriptors = open_descriptors();
  kill(before.zygote, SIGKILL);
  CHECK_FALSE(status_of(first));  // its pipe was closed without a word
  wait_until_ended(before.self);
  started_child second;
  pids const after = start_waiting(by, second);
  CHECK(after.zygote != before.zygote);
  first = {};
  CHECK(open_descriptors() == descriptors);
  kill(after.self, SIGKILL);
  CHECK(status_of(second) == -SIGKILL);
  CHECK(no_children());
}

TEST_CASE("when a program is killed its processes end and so does the zygote", "[zygote]") {
  told from;
  child_end const end = in_child([&] {
    started_child a;
    started_child b;
    pids const one = start_waiting(zygote::common(), a);
    zygote contained(zygote::children_of_children::ended);
    pids const two = start_waiting(contained, b);
    unique_fd const pen = from.pen();
    for (int const pid : {one.self, one.zygote, two.self, two.zygote}) tell(pen, std::to_string(pid) + ' ');
    std::raise(SIGKILL);
    return 0;
  });
  CHECK(end.signal == SIGKILL);
  std::istringstream list(from.text());
  int count = 0;
  for (int pid = 0; list >> pid; ++count) wait_until_ended(pid);
  CHECK(count == 4);
}

TEST_CASE("processes end with their program also if a forked copy of it lives on", "[zygote]") {
  told from;
  child_end const end = in_child([&] {
    started_child child;
    pids const p = start_waiting(zygote::common(), child);
    pid_t const copy = fork();
    if (copy == 0) {
      for (int const fd : {1, 2}) close(fd);
      alarm(60);
      while (true) pause();
    }
    tell(from.pen(), std::to_string(copy) + ' ' + std::to_string(p.self) + " " + std::to_string(p.zygote) + "\n");
    std::raise(SIGKILL);
    return 0;
  });
  CHECK(end.signal == SIGKILL);
  int copy = 0;
  int self = 0;
  int its_zygote = 0;
  std::istringstream(from.line()) >> copy >> self >> its_zygote;
  wait_until_ended(self);
  wait_until_ended(its_zygote);
  CHECK_FALSE(has_ended(copy));
  kill(copy, SIGKILL);
}

TEST_CASE("a forked copy of a program has a zygote of its own", "[zygote]") {
  zygote& by = zygote::common();
  started_child ours;
  pids const here = start_waiting(by, ours);
  child_end const end = in_child([&] {
    started_child theirs;
    pids const there = start_waiting(zygote::common(), theirs);
    bool const other = there.zygote != here.zygote && !has_ended(here.self);
    kill(there.self, SIGKILL);
    return other && status_of(theirs) == -SIGKILL ? 0 : 1;
  });
  CHECK(end.exit_code == 0);
  CHECK_FALSE(has_ended(here.self));
  kill(here.self, SIGKILL);
  CHECK(status_of(ours) == -SIGKILL);
  started_child again;
  CHECK(start_waiting(by, again).zygote == here.zygote);
  kill(again.pid, SIGKILL);
}

TEST_CASE("after setuid processes have the new user", "[zygote]") {
  if (getuid() != 0) SKIP("only root can become somebody else");
  told from;
  child_end const end = in_child([&] {
    constexpr unsigned nobody = 65534;
    started_child before;
    start_waiting(zygote::common(), before);
    if (setgid(nobody) != 0 || setuid(nobody) != 0) return 1;
    if (access("/proc/self/exe", X_OK) != 0) return 2;  // the program lies where nobody may go
    started_child const after = start(
        zygote::common(),
        [](message_reader& arguments) {
          tell(pen_in(arguments), std::to_string(getuid()) + ' ' + std::to_string(geteuid()) + ' ' + std::to_string(getgid()));
          return 0;
        },
        from.pen());
    kill(before.pid, SIGKILL);  // refused: it is root's, and ends with this process
    return status_of(after) == 0 && !has_ended(before.pid) ? 0 : 3;
  });
  if (end.exit_code == 2) SKIP("the test program cannot be executed by others");
  INFO(end.error_output);
  CHECK(end.exit_code == 0);
  CHECK(from.text() == "65534 65534 65534");
}
