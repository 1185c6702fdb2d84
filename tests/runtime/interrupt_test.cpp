// SPDX-License-Identifier: MIT
#include "../support/child_process.hpp"
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <csignal>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

// Each runs in a child with default signals: the test framework has a handler for SIGINT.

TEST_CASE("a handler for SIGINT wins over the cancellation of main, until it is removed", "[interrupt][signal]") {
  child_end const end = in_child([] {
    trace log;
    try {
      run_real([&]() -> task<> {
        event_loop& loop = get_running_loop();
        loop.add_signal_handler(SIGINT, [&] { log.push_back("handler"); });
        for (int i = 0; i < 3; ++i) {
          std::raise(SIGINT);
          co_await settle();
        }
        loop.remove_signal_handler(SIGINT);
        std::raise(SIGINT);
        co_await halka::sleep(1h);
      });
    } catch (keyboard_interrupt const&) {
      log.push_back("interrupted");
    }
    struct sigaction now {};
    sigaction(SIGINT, nullptr, &now);
    return log == trace{"handler", "handler", "handler", "interrupted"} && now.sa_handler == SIG_DFL ? 0 : 1;
  });
  INFO(end.error_output);
  CHECK(end.signal == 0);
  CHECK(end.exit_code == 0);
}

TEST_CASE("a signal set with SIGINT wins too", "[interrupt][signal]") {
  child_end const end = in_child([] {
    trace log;
    run_real([&]() -> task<> {
      signal_set set({SIGINT, SIGTERM});
      get_running_loop().call_later(1ms, [] { std::raise(SIGINT); });
      log.push_back(signal_name(co_await set.next()));
      std::raise(SIGTERM);
      log.push_back(signal_name(co_await set.next()));
    });
    return log == trace{"SIGINT", "SIGTERM"} ? 0 : 1;
  });
  CHECK(end.signal == 0);
  CHECK(end.exit_code == 0);
}

TEST_CASE("a handler that stays in a runner's loop wins in its later runs", "[interrupt][signal]") {
  child_end const end = in_child([] {
    int handled = 0;
    {
      runner r;
      auto add = [&]() -> task<> {
        get_running_loop().add_signal_handler(SIGINT, [&] { ++handled; });
        co_return;
      };
      auto press = []() -> task<> {
        std::raise(SIGINT);
        co_await settle();
      };
      auto remove = []() -> task<> {
        get_running_loop().remove_signal_handler(SIGINT);
        co_return;
      };
      r.run(add);
      r.run(press);
      r.run(remove);
      try {
        r.run([]() -> task<> {
          std::raise(SIGINT);
          co_await halka::sleep(1h);
        });
      } catch (keyboard_interrupt const&) {
        handled += 10;
      }
    }
    struct sigaction now {};
    sigaction(SIGINT, nullptr, &now);
    return handled == 11 && now.sa_handler == SIG_DFL ? 0 : 1;
  });
  CHECK(end.signal == 0);
  CHECK(end.exit_code == 0);
}

TEST_CASE("the handler of SIGTERM does what it did when its set has gone", "[interrupt][signal]") {
  child_end const end = in_child([] {
    run_real([]() -> task<> {
      {
        signal_set set({SIGTERM});
        std::raise(SIGTERM);
        co_await set.next();
      }
      std::raise(SIGTERM);
    });
    return 0;
  });
  CHECK(end.signal == SIGTERM);
}
