// SPDX-License-Identifier: MIT
#include "../support/children.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <csignal>
#include <string>
#include <system_error>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

constexpr process_options both_pipes{.standard_input = stdio::pipe, .standard_output = stdio::pipe};

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 2654435761U >> 13);
  return text;
}

}  // namespace

TEST_CASE("communicate sends the input and its end, collects both outputs and sets the return code", "[case][SUB-01]") {
  run_clean([]() -> task<> {
    subprocess cat = co_await create_subprocess_exec(command("cat"), both_pipes);
    auto [output, error] = co_await cat.communicate("some data");
    CHECK(output == "some data");
    CHECK(error.empty());
    CHECK(cat.return_code() == 0);
  });
  run_clean([]() -> task<> {  // no input
    subprocess cat = co_await create_subprocess_exec(command("cat"), both_pipes);
    auto [output, error] = co_await cat.communicate();
    CHECK(output.empty());
    CHECK(cat.return_code() == 0);
  });
  run_clean([]() -> task<> {  // no pipe
    subprocess quiet = co_await create_subprocess_shell("echo nobody sees it", {.standard_output = stdio::null});
    auto [output, error] = co_await quiet.communicate();
    CHECK(output.empty());
    CHECK(quiet.return_code() == 0);
  });
  run_clean([]() -> task<> {
    subprocess both =
        co_await create_subprocess_shell("echo out; echo err >&2", {.standard_output = stdio::pipe, .standard_error = stdio::pipe});
    auto [output, error] = co_await both.communicate();
    CHECK(output == "out\n");
    CHECK(error == "err\n");
  });
}

TEST_CASE("communicate moves much data both ways without a deadlock", "[case][SUB-02]") {
  std::size_t const size = GENERATE(std::size_t{4} << 20, std::size_t{65536}, std::size_t{65537});
  run_clean([&]() -> task<> {
    subprocess cat = co_await create_subprocess_exec(command("cat"), both_pipes);
    std::string const input = pattern(size);
    auto [output, error] = co_await cat.communicate(input);
    bool const same = output == input;
    CHECK(same);
  });
}

TEST_CASE("the return code is the exit code or minus the signal, for every waiter and as often as asked", "[case][SUB-03]") {
  run_clean([]() -> task<> {
    subprocess seven = co_await create_subprocess_shell("exit 7");
    int const code = co_await seven.wait();
    CHECK(code == 7);
    int const again = co_await seven.wait();
    CHECK(again == 7);
  });
  int const signal = GENERATE(SIGKILL, SIGTERM, SIGHUP);
  run_clean([&]() -> task<> {
    subprocess sleeper = co_await create_subprocess_exec(command("sleep", 60));
    std::vector<task_handle<int>> waiters;
    for (int i = 0; i < 10; ++i) waiters.push_back(create_task(sleeper.wait()));
    co_await settle();
    CHECK(sleeper.statistics().waiting == 10);
    bool sent = false;
    if (signal == SIGKILL) sent = sleeper.kill();
    if (signal == SIGTERM) sent = sleeper.terminate();
    if (signal == SIGHUP) sent = sleeper.send_signal(SIGHUP);
    CHECK(sent);
    for (auto const& waiter : waiters) {
      int const code = co_await waiter;
      CHECK(code == -signal);
    }
    CHECK_FALSE(sleeper.kill());  // nobody to send it to: the number may be another process's now
    CHECK_FALSE(sleeper.send_signal("USR1"));
    CHECK(sleeper.return_code() == -signal);
  });
}

TEST_CASE("communicate ignores a child that does not read its input, a write tells", "[case][SUB-04]") {
  std::string const megabyte(1 << 20, 'x');
  run_clean([&]() -> task<> {
    subprocess deaf = co_await create_subprocess_exec(command("true"), {.standard_input = stdio::pipe});
    co_await deaf.communicate(megabyte);
    CHECK(deaf.return_code() == 0);
  });
  run_clean([&]() -> task<> {
    subprocess deaf = co_await create_subprocess_exec(command("true"), {.standard_input = stdio::pipe});
    co_await deaf.wait();
    int error = 0;
    try {
      co_await deaf.standard_input().write(megabyte);
    } catch (std::system_error const& e) {
      error = e.code().value();
    }
    CHECK(error == EPIPE);
  });
}

TEST_CASE("what a process wrote before its end can be read after it", "[case][SUB-05]") {
  run_clean([]() -> task<> {
    // As much as a pipe holds: it ends before anything is read.
    subprocess writer = co_await create_subprocess_shell("head -c 65536 /dev/zero; exit 1", {.standard_output = stdio::pipe});
    int const code = co_await writer.wait();
    CHECK(code == 1);
    std::string const all = co_await writer.standard_output().read_all();
    CHECK(all.size() == 65536);
  });
  run_clean([]() -> task<> {
    subprocess writer = co_await create_subprocess_shell(
        "x=$(head -c 4096 /dev/zero | tr '\\0' x); i=0; while [ $i -lt 64 ]; do printf %s $x; i=$((i+1)); done; exit 1",
        {.standard_output = stdio::pipe});
    std::size_t total = 0;
    bool more = true;
    while (more) {
      std::string const part = co_await writer.standard_output().read(1000);
      total += part.size();
      more = !part.empty();
      co_await yield_now();
    }
    int const code = co_await writer.wait();
    CHECK(total == 262144);
    CHECK(code == 1);
  });
}

TEST_CASE("a wait that was cancelled can be repeated", "[case][SUB-07]") {
  run_clean([]() -> task<> {
    subprocess sleeper = co_await create_subprocess_exec(command("sleep", 60));
    auto const waiting = create_task(sleeper.wait());
    co_await yield_now();
    waiting.cancel();
    bool cancelled = false;
    try {
      co_await waiting;
    } catch (cancelled_error const&) {
      cancelled = true;
    }
    CHECK(cancelled);
    CHECK(sleeper.is_running());
    sleeper.kill();
    int const code = co_await sleeper.wait();
    CHECK(code == -9);
  });
}

TEST_CASE("a program that cannot be started is an error of the call, and nothing is left", "[case][SUB-09]") {
  run_clean([]() -> task<> {
    int missing = 0;
    int forbidden = 0;
    try {
      co_await create_subprocess_exec(command("/no/such/program"), both_pipes);
    } catch (std::system_error const& e) {
      missing = e.code().value();
    }
    try {
      co_await create_subprocess_exec(command("/etc/passwd"), both_pipes);
    } catch (std::system_error const& e) {
      forbidden = e.code().value();
    }
    CHECK(missing == ENOENT);
    CHECK(forbidden == EACCES);
    CHECK(no_children());
  });
}

TEST_CASE("signal handlers run in the loop, coalesce, and are refused where they cannot be", "[case][SUB-11]") {
  run_clean([]() -> task<> {
    event_loop& loop = get_running_loop();
    trace log;
    loop.add_signal_handler(
        SIGUSR1, [&log](char const* text) { log.push_back(text); }, "u");
    std::raise(SIGUSR1);
    CHECK(log.empty());  // not in the signal's context
    co_await settle();
    CHECK(log == trace{"u"});

    std::raise(SIGUSR1);
    std::raise(SIGUSR1);
    co_await settle();
    CHECK(log == trace{"u", "u"});

    CHECK(loop.remove_signal_handler(SIGUSR1));
    CHECK_FALSE(loop.remove_signal_handler(SIGUSR1));
    auto ignore = [] {};
    CHECK(kind_thrown([&] { loop.add_signal_handler(SIGKILL, ignore); }) == "logic_error");
    CHECK(kind_thrown([&] { loop.add_signal_handler(SIGSTOP, ignore); }) == "logic_error");
    for (int const number : {0, -1, 65, 1000})
      CHECK(kind_thrown([&] { loop.add_signal_handler(number, ignore); }) == "invalid_argument");
  });
}

TEST_CASE("a signal wakes a loop that sleeps", "[case][SUB-11]") {
  run_clean([]() -> task<> {
    future<> woken;
    get_running_loop().add_signal_handler(SIGUSR1, [&] { woken.set_result(); });
    // From a child, while this loop has nothing else to do: else it would sleep for ever.
    subprocess const sender = co_await create_subprocess_shell("kill -USR1 $PPID");
    co_await woken;
  });
}
