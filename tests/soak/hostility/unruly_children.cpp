// SPDX-License-Identifier: MIT
// Child processes that ignore SIGTERM, write without end, do not read, or breed; and a system that gives no more processes.
#include "../measures.hpp"
#include "scenarios.hpp"

#include "../../support/children.hpp"
#include "../../support/forked.hpp"

#include <halka/halka.hpp>

#include <sys/resource.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace soak {

namespace {

using namespace std::chrono_literals;

/// How the child ends within the time; none if it does not.
halka::task<std::optional<int>> end_within(halka::subprocess& p, halka::clock::duration patience) {
  std::optional<int> code;
  try {
    code = co_await halka::wait_for(p.wait(), patience);
  } catch (halka::timeout_error const&) {
  }
  co_return code;
}

}  // namespace

// -- ignore SIGTERM

namespace {

halka::task<> terminate_and_kill(std::uint64_t& killed) {
  halka::subprocess p = co_await halka::create_subprocess_shell("trap '' TERM; echo ready; while :; do sleep 1000; done",
                                                                {.standard_output = halka::stdio::pipe, .kill_group = true});
  std::string const greeting = co_await p.standard_output().read_line();
  check(greeting == "ready\n", "the child did not begin");
  p.send_signal(SIGURG);
  kill(p.pid(), SIGTERM);
  std::optional<int> const code = co_await end_within(p, 50ms);
  check(!code, "a child that ignores SIGTERM has ended");
  p.kill();
  int const how = co_await p.wait();
  check(how == -SIGKILL, "a child that was killed ended with " + std::to_string(how));
  ++killed;
}

}  // namespace

std::string meet_stubborn_children(std::uint64_t children) {
  std::uint64_t killed = 0;
  auto const all = [&](halka::task_group& group) {
    for (std::uint64_t i = 0; i < children; ++i) group.create_task(terminate_and_kill(killed));
  };
  auto const main = [&]() -> halka::task<> { co_await halka::with_task_group(all); };
  halka::run(main());
  return figures("%llu children that ignore SIGTERM were killed after a grace of 50 ms, none is left", number(killed));
}

// -- write without end

namespace {

/// Reads so much of both outputs, which must be what the child writes; then nobody reads, and the child must wait.
halka::task<> hear_noise(std::uint64_t megabytes, std::size_t& grown) {
  halka::subprocess p = co_await halka::create_subprocess_shell(
      "yes output & yes error >&2",
      {.standard_output = halka::stdio::pipe, .standard_error = halka::stdio::pipe, .kill_group = true});
  std::size_t const before = resident_memory();
  auto const hear = [megabytes](halka::stream& s, std::string line) -> halka::task<> {
    std::string wanted;
    while (wanted.size() < 70'000) wanted += line;
    for (std::uint64_t heard = 0; heard < megabytes << 19;) {
      std::string const text = co_await s.read(65'536);
      check(!text.empty(), "the noise ended");
      check(std::string_view(wanted).substr(heard % line.size()).starts_with(text), "the noise is another one");
      heard += text.size();
    }
  };
  co_await halka::gather(hear(p.standard_output(), "output\n"), hear(p.standard_error(), "error\n"));
  std::uint64_t const read = p.statistics().output_bytes;
  co_await halka::sleep(50ms);
  check(p.statistics().output_bytes == read, "somebody reads what nobody asked for");
  grown = resident_memory() - std::min(resident_memory(), before);
  check(sanitized || grown < 4096, "reading noise took " + std::to_string(grown) + " KiB");
  co_await p.close();
}

}  // namespace

std::string meet_noisy_children(std::uint64_t megabytes) {
  std::size_t grown = 0;
  halka::run(hear_noise(megabytes, grown));
  return figures("%llu MiB of a child that writes without end to both outputs, +%zu KiB of memory, killed with its group",
                 number(megabytes), grown);
}

// -- do not read

namespace {

halka::task<> talk_to_the_deaf(std::uint64_t children, std::uint64_t& broken) {
  std::string const much(1 << 20, 'x');
  for (std::uint64_t i = 0; i < children; ++i) {
    // communicate: a child that does not read its input is no error
    halka::subprocess head = co_await halka::create_subprocess_exec(
        halka::command("head", "-c", 10), {.standard_input = halka::stdio::pipe, .standard_output = halka::stdio::pipe});
    halka::process_output const answer = co_await head.communicate(much);
    check(answer.output == std::string(10, 'x') && head.return_code() == 0, "the child that reads ten bytes failed");
    // write: told
    halka::subprocess deaf = co_await halka::create_subprocess_shell(
        "exec 0<&-; echo closed; sleep 1000",
        {.standard_input = halka::stdio::pipe, .standard_output = halka::stdio::pipe, .kill_group = true});
    std::string const told = co_await deaf.standard_output().read_line();
    check(told == "closed\n", "the child did not begin");
    int error = 0;
    try {
      co_await deaf.standard_input().write(much);
    } catch (std::system_error const& e) {
      error = e.code().value();
    }
    check(error == EPIPE, "writing to a child that has closed its input gave error " + std::to_string(error));
    ++broken;
    co_await deaf.close();
    // it reads nothing and closes nothing: the write waits, and is given up
    halka::subprocess idle =
        co_await halka::create_subprocess_exec(halka::command("sleep", 1000), {.standard_input = halka::stdio::pipe});
    bool given_up = false;
    try {
      co_await halka::wait_for(idle.standard_input().write(much), 20ms);
    } catch (halka::timeout_error const&) {
      given_up = true;
    }
    check(given_up, "a child that does not read took a MiB");
    co_await idle.close();
  }
}

}  // namespace

std::string meet_deaf_children(std::uint64_t children) {
  std::uint64_t broken = 0;
  halka::run(talk_to_the_deaf(children, broken));
  return figures("%llu children each that close their input early, read a part of it, or none: told, or given up", number(broken));
}

// -- breed

namespace {

halka::task<> end_a_family(std::uint64_t size) {
  std::string const line = "i=0; while [ $i -lt " + std::to_string(size) +
                           " ]; do sh -c 'trap \"\" TERM; sleep 1000' & echo $!; i=$((i+1)); done; trap '' TERM; wait";
  halka::subprocess p = co_await halka::create_subprocess_shell(line, {.standard_output = halka::stdio::pipe, .kill_group = true});
  std::vector<int> family;
  while (family.size() < size) {
    std::string const pid = co_await p.standard_output().read_line();
    family.push_back(std::stoi(pid));
    check(!halka::test::has_ended(family.back()), "a child of the child did not begin");
  }
  co_await p.close();
  for (int const pid : family) co_await halka::test::until_ended(pid);
}

}  // namespace

std::string meet_breeding_children(std::uint64_t children) {
  halka::run(end_a_family(children));
  return figures("a child with %llu children of its own, which ignore SIGTERM: all gone with its group", number(children));
}

// -- no more processes

namespace {

/// Starts processes and calls on threads until the system refuses; those that run are whole, and when some have ended, others
/// start.
halka::task<> use_up_processes(std::uint64_t limit) {
  std::vector<halka::subprocess> running;
  std::string text;
  int error = 0;
  while (error == 0 && running.size() < limit) {
    try {
      running.push_back(co_await halka::create_subprocess_exec(halka::command("/bin/sleep", 1000)));
    } catch (std::system_error const& e) {
      error = e.code().value();
      text = e.what();
    }
  }
  check(error == EAGAIN, "starting too many processes gave error " + std::to_string(error) + ": " + text);
  check(text.find("/bin/sleep") != std::string::npos, "the error does not name the program: " + text);
  std::string thread_text;
  try {
    co_await halka::to_thread([] { return 1; });
  } catch (std::system_error const& e) {
    thread_text = e.what();
  }
  check(!thread_text.empty(), "there was room for a thread");
  std::size_t const half = running.size() / 2;
  for (std::size_t i = 0; i < half; ++i) co_await running[i].close();
  int const seven = co_await halka::to_thread([] { return 7; });
  check(seven == 7, "a call on a thread gave another result");
  halka::completed_process const again = co_await halka::run_process(halka::command("/bin/true"));
  check(again.return_code == 0, "no process can be started any more");
  for (auto& p : running) co_await p.close();
}

/// In a process of its own, as a user of whom there are no other processes: the limit counts those of the user.
int be_limited(std::uint64_t limit) {
  constexpr uid_t nobody = 61'234;
  rlimit const most{.rlim_cur = limit, .rlim_max = limit};
  if (setrlimit(RLIMIT_NPROC, &most) != 0) fail_of_system("RLIMIT_NPROC");
  if (setgid(nobody) != 0 || setuid(nobody) != 0) fail_of_system("setuid");
  halka::run(use_up_processes(limit + 1));
  return 0;
}

}  // namespace

std::string run_out_of_processes(std::uint64_t limit) {
  if (geteuid() != 0) return "left out: it needs root, to become a user without processes";
  halka::test::forked other([limit] { return be_limited(limit); });
  int const code = other.wait();
  check(code == 0, "the limited process ended with " + std::to_string(code));
  return figures("a limit of %llu processes: told with the program's name, threads refused too, and both go on when there is room",
                 number(limit));
}

}  // namespace soak
