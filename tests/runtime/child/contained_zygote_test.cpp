// SPDX-License-Identifier: MIT
#include "../../support/child_process.hpp"
#include "../../support/children.hpp"
#include "../../support/told.hpp"

#include <halka/runtime/child/zygote.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <unistd.h>
#include <csignal>
#include <optional>
#include <sstream>
#include <string>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

using enum zygote::children_of_children;

void tell_pid(unique_fd const& pen) { tell(pen, std::to_string(getpid()) + '\n'); }

[[noreturn]] void wait_for_ever() {
  alarm(60);  // if the test fails
  while (true) pause();
}

/// Leaves behind: a child, one in a session of its own, and a daemon whose parent has ended.
int leave_children(message_reader& arguments) {
  unique_fd pen;
  arguments(pen);
  if (fork() == 0) {
    tell_pid(pen);
    wait_for_ever();
  }
  if (fork() == 0) {
    setsid();
    tell_pid(pen);
    wait_for_ever();
  }
  if (fork() == 0) {
    setsid();
    if (fork() == 0) {
      tell_pid(pen);
      wait_for_ever();
    }
    _exit(0);
  }
  bool wait = false;
  arguments(wait);
  if (wait) wait_for_ever();
  // Only when all have begun may it end.
  unique_fd begun;
  arguments(begun);
  char go = 0;
  return read(begun.get(), &go, 1) == 1 ? 0 : 1;
}

struct left_children {
  explicit left_children(zygote& by, bool wait) {
    unique_fd const pen = from.pen();
    message_writer arguments;
    arguments(pen, wait, go.read_end);
    parent = by.start({.main = leave_children, .arguments = &arguments, .name = "parent"});
    for (int& pid : left) pid = std::stoi(from.line());
  }
  void end_parent() {
    tell(go.write_end, "x");
    int status = -1;
    CHECK(read(parent.status.get(), &status, sizeof status) == sizeof status);
    CHECK(status == 0);
  }
  void check_ended() {
    for (int const pid : left) halka::run(until_ended(pid));
    CHECK(from.text().empty());  // nobody holds the pipe
  }

  told from;
  pipe_ends go = make_pipe();
  started_child parent;
  int left[3]{};
};

/// A tree of processes, each in a session of its own. Those inside it end at once if `hidden`, so that who is below has no parent.
void grow(unique_fd const& pen, int depth, bool hidden) {
  for (int i = 0; i < 2; ++i) {
    if (fork() != 0) continue;
    setsid();
    if (depth > 0) grow(pen, depth - 1, hidden);
    if (depth > 0 && hidden) _exit(0);
    tell(pen, "here\n");
    wait_for_ever();
  }
}

}  // namespace

TEST_CASE("what a child of a contained zygote leaves behind is killed when it ends", "[zygote]") {
  zygote contained(ended);
  left_children some(contained, false);
  some.end_parent();
  some.check_ended();
}

TEST_CASE("what a child of the common zygote leaves behind lives", "[zygote]") {
  left_children some(zygote::common(), false);
  some.end_parent();
  for (int const pid : some.left) {
    CHECK_FALSE(has_ended(pid));
    kill(pid, SIGKILL);
  }
  some.check_ended();
}

TEST_CASE("a contained zygote that goes takes everything along", "[zygote]") {
  std::optional<zygote> contained(std::in_place, ended);
  left_children some(*contained, true);
  contained.reset();
  some.check_ended();
  CHECK(no_children());
}

TEST_CASE("a killed child of a contained zygote takes everything along", "[zygote]") {
  zygote contained(ended);
  left_children some(contained, true);
  kill(some.parent.pid, SIGKILL);
  some.check_ended();
}

TEST_CASE("a program that is killed leaves nothing behind of what its contained zygotes started", "[zygote]") {
  told pids;
  child_end const end = in_child([&] {
    zygote contained(ended);
    left_children const some(contained, true);
    unique_fd const pen = pids.pen();
    for (int const pid : some.left) tell(pen, std::to_string(pid) + ' ');
    std::raise(SIGKILL);
    return 0;
  });
  CHECK(end.signal == SIGKILL);
  std::istringstream list(pids.text());
  int count = 0;
  for (int pid = 0; list >> pid; ++count) halka::run(until_ended(pid));
  CHECK(count == 3);
}

TEST_CASE("a tree of processes in sessions of their own ends with the contained zygote", "[zygote]") {
  bool const hidden = GENERATE(true, false);
  bool const all_at_once = GENERATE(true, false);
  std::optional<zygote> contained(std::in_place, ended);
  told from;
  unique_fd pen = from.pen();
  message_writer arguments;
  arguments(pen, hidden);
  auto const root_main = [](message_reader& in) {
    unique_fd its;
    bool ends = false;
    in(its, ends);
    grow(its, 4, ends);
    tell(its, "here\n");
    wait_for_ever();
    return 0;
  };
  started_child const root = contained->start({.main = root_main, .arguments = &arguments});
  pen.close();
  for (int i = 0; i < (hidden ? 1 : 63); ++i) CHECK(from.line() == "here");
  all_at_once ? contained.reset() : static_cast<void>(kill(root.pid, SIGKILL));
  static_cast<void>(from.text());  // ends when everybody has let go of the pipe
  CHECK(no_children());
}

TEST_CASE("two contained zygotes do not touch each other's children", "[zygote]") {
  std::optional<zygote> one(std::in_place, ended);
  zygote two(ended);
  left_children mine(*one, true);
  left_children others(two, true);
  one.reset();
  mine.check_ended();
  for (int const pid : others.left) CHECK_FALSE(has_ended(pid));
  CHECK_FALSE(has_ended(others.parent.pid));
}
