// SPDX-License-Identifier: MIT
#include "../../support/children.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <csignal>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

constexpr char const* family = "sleep 60 & echo $!; sleep 60";

}  // namespace

TEST_CASE("a timeout kills the whole group, and waits for it, if it shall", "[process][cancel]") {
  bool const while_communicating = GENERATE(false, true);
  run_clean([&]() -> task<> {
    subprocess p =
        co_await create_subprocess_shell(family, {.standard_output = stdio::pipe, .kill_group = true, .kill_on_cancel = true});
    std::string const line = co_await p.standard_output().read_line();
    bool late = false;
    try {
      if (while_communicating)
        co_await wait_for(p.communicate(), 10ms);
      else
        co_await wait_for(p.wait(), 10ms);
    } catch (timeout_error const&) {
      late = true;
    }
    CHECK(late);
    CHECK(p.return_code() == -SIGKILL);  // it has ended already
    CHECK(no_children());
    co_await until_ended(std::stoi(line));
  });
}

TEST_CASE("a timeout kills what a process that has ended left behind in its group", "[process][cancel]") {
  run_clean([]() -> task<> {
    subprocess p = co_await create_subprocess_shell("sleep 60 & echo $!",
                                                    {.standard_output = stdio::pipe, .kill_group = true, .kill_on_cancel = true});
    std::string const line = co_await p.standard_output().read_line();
    co_await p.wait();
    bool late = false;
    try {
      co_await wait_for(p.communicate(), 10ms);  // the grandchild holds the pipe
    } catch (timeout_error const&) {
      late = true;
    }
    CHECK(late);
    CHECK(p.return_code() == 0);
    co_await until_ended(std::stoi(line));
  });
}

TEST_CASE("without being told to, a timeout leaves the process alone", "[process][cancel]") {
  run_clean([]() -> task<> {
    subprocess p = co_await create_subprocess_exec(command("sleep", 60));
    bool late = false;
    try {
      co_await wait_for(p.wait(), 10ms);
    } catch (timeout_error const&) {
      late = true;
    }
    CHECK(late);
    CHECK(p.is_running());
  });
}

TEST_CASE("a task that is cancelled again while its process is being killed still waits for the end", "[process][cancel]") {
  run_clean([]() -> task<> {
    for (int passes = 0; passes < 4; ++passes) {
      subprocess p = co_await create_subprocess_exec(command("sleep", 60), {.kill_on_cancel = true});
      auto const waiting = create_task(p.wait());
      co_await yield_now();
      waiting.cancel();
      for (int i = 0; i < passes; ++i) co_await yield_now();
      waiting.cancel();
      bool cancelled = false;
      try {
        co_await waiting;
      } catch (cancelled_error const&) {
        cancelled = true;
      }
      CHECK(cancelled);
      CHECK(p.return_code() == -SIGKILL);
    }
  });
}

TEST_CASE("in a cancelled scope a process is killed and waited for too", "[process][cancel]") {
  run_clean([]() -> task<> {
    subprocess p = co_await create_subprocess_exec(command("sleep", 60), {.kill_on_cancel = true});
    cancel_scope scope;
    get_running_loop().call_later(5ms, [&] { scope.cancel(); });
    auto body = [&]() -> task<> { co_await p.wait(); };
    co_await scope.run(body);
    CHECK(p.return_code() == -SIGKILL);
  });
}

TEST_CASE("run_process kills its process when it is cancelled, in whatever pass", "[process][cancel]") {
  for (int passes = 0; passes < 30; ++passes) {
    run_clean([&]() -> task<> {
      auto call = []() -> task<> {
        completed_process const done =
            co_await run_process(command("sh", "-c", "cat; exec sleep 60"), {.standard_output = stdio::pipe}, "some input");
        FAIL("it ended with " << done.return_code);
      };
      auto const running = spawn(call);
      for (int i = 0; i < passes; ++i) co_await sleep(i % 3 == 0 ? 100us : 0us);
      running.cancel();
      bool cancelled = false;
      try {
        co_await running;
      } catch (cancelled_error const&) {
        cancelled = true;
      }
      CHECK(cancelled);
      // What was not begun or begun and killed: nobody is left, at once.
      while (!no_children()) co_await yield_now();
    });
  }
}
