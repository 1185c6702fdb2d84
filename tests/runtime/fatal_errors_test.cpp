// SPDX-License-Identifier: MIT
// What ends the process: each in a child of its own.
#include "../support/child_process.hpp"
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <string>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Matches;
using Catch::Matchers::StartsWith;

namespace {

#if defined(__clang__) || __GNUC__ > 12 || (__GNUC__ == 12 && __GNUC_MINOR__ >= 3)
constexpr bool compiler_drops_bodies = false;
#else
constexpr bool compiler_drops_bodies = true;
#endif

task<bool> truth() { co_return true; }

int side_effects = 0;

// A condition that awaits, in a coroutine that declares no name.
task<> dropped() {
  if (co_await truth()) ++side_effects;
}
task<> awaits_dropped() { co_await dropped(); }

task<> swallows_every_cancellation(trace& log) {
  while (true) {
    try {
      co_await halka::sleep(1h);
    } catch (cancelled_error const&) {
      log.push_back("swallowed");
    }
  }
}

task<> press_ctrl_c(int times) {
  for (int i = 0; i < times; ++i) {
    std::raise(SIGINT);
    co_await settle();
  }
}

task<> lose_connection() {
  co_await yield_now();
  throw std::runtime_error("connection lost");
}
task<> call_server() { co_await lose_connection(); }

/// Nothing leaves it, as nothing leaves main. (Not inlined, or g++ terminates without saying why.)
[[gnu::noinline]] void like_main(task<> (*program)()) noexcept { halka::run(program()); }

}  // namespace

TEST_CASE("a coroutine body that the compiler dropped is told with its name and the cure", "[fatal][bad-input]") {
  if (!compiler_drops_bodies) SKIP("this compiler drops no bodies");
#ifdef NDEBUG
  SKIP("only debug builds notice");
#endif
  for (auto const main : {dropped, awaits_dropped}) {
    child_end const end = in_child([main] {
      alarm(10);
      halka::run(main());
      return 0;
    });
    INFO(end.error_output);
    CHECK(end.signal == SIGABRT);
    CHECK_THAT(end.error_output,
               StartsWith("halka: the body of coroutine ") && ContainsSubstring("dropped (fatal_errors_test.cpp:"));
    CHECK_THAT(end.error_output, ContainsSubstring("GCC PR 106188") && ContainsSubstring("Cure: declare any variable in it"));
  }
}

TEST_CASE("a compiler that drops no bodies runs such a coroutine", "[fatal][bad-input]") {
  if (compiler_drops_bodies) SKIP("this compiler drops them");
  side_effects = 0;
  run_virtual(awaits_dropped);
  CHECK(side_effects == 1);
}

TEST_CASE("Ctrl-C cancels the main task, which may clean up, and run throws keyboard_interrupt", "[fatal][interrupt]") {
  child_end const end = in_child([] {
    trace log;
    try {
      run_real([&]() -> task<> {
        auto const user = spawn(press_ctrl_c, 1);
        try {
          co_await halka::sleep(1h);
        } catch (cancelled_error const&) {
          log.push_back("cleaned up");
          throw;
        }
      });
    } catch (keyboard_interrupt const&) {
      log.push_back("interrupted");
    }
    struct sigaction now {};
    sigaction(SIGINT, nullptr, &now);
    bool const restored = now.sa_handler == SIG_DFL;
    return log == trace{"cleaned up", "interrupted"} && restored ? 0 : 1;
  });
  INFO(end.error_output);
  CHECK(end.signal == 0);
  CHECK(end.exit_code == 0);
}

TEST_CASE("a second Ctrl-C ends the process when the first was swallowed", "[fatal][interrupt]") {
  child_end const end = in_child([] {
    trace log;
    run_real([&]() -> task<> {
      auto const user = spawn(press_ctrl_c, 2);
      co_await swallows_every_cancellation(log);
    });
    return 0;
  });
  CHECK(end.signal == SIGINT);
}

TEST_CASE("a second Ctrl-C ends a process whose loop is blocked", "[fatal][interrupt]") {
  child_end const end = in_child([] {
    run_real([]() -> task<> {
      std::raise(SIGINT);
      std::raise(SIGINT);
      while (true) {
      }
      co_return;
    });
    return 0;
  });
  CHECK(end.signal == SIGINT);
}

TEST_CASE("one Ctrl-C in each of two runs interrupts each of them", "[fatal][interrupt]") {
  child_end const end = in_child([] {
    int interrupts = 0;
    for (int i = 0; i < 2; ++i) {
      try {
        run_real([]() -> task<> {
          auto const user = spawn(press_ctrl_c, 1);
          co_await halka::sleep(1h);
        });
      } catch (keyboard_interrupt const&) {
        ++interrupts;
      }
    }
    return interrupts == 2 ? 0 : 1;
  });
  CHECK(end.signal == 0);
  CHECK(end.exit_code == 0);
}

TEST_CASE("a program's own handler for SIGINT is left alone", "[fatal][interrupt]") {
  child_end const end = in_child([] {
    static volatile std::sig_atomic_t seen = 0;
    std::signal(SIGINT, [](int) { seen = seen + 1; });
    run_real(press_ctrl_c, 2);
    return seen == 2 ? 0 : 1;
  });
  CHECK(end.signal == 0);
  CHECK(end.exit_code == 0);
}

TEST_CASE("an exception that leaves run uncaught is told with its way through the coroutines", "[fatal]") {
  child_end const end = in_child([] {
    like_main(call_server);
    return 0;
  });
  CHECK(end.signal == SIGABRT);
  CHECK_THAT(end.error_output, Matches("halka: unhandled exception in halka::run\n"
                                       "Traceback \\(most recent await last\\):\n"
                                       ".*call_server +fatal_errors_test.cpp:[0-9]+\n"
                                       ".*lose_connection +fatal_errors_test.cpp:[0-9]+\n"
                                       "std::runtime_error: connection lost\n[^]*"));
}
