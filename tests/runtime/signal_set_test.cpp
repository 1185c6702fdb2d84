// SPDX-License-Identifier: MIT
#include "../support/children.hpp"

#include <catch2/catch_test_macros.hpp>

#include <pthread.h>
#include <atomic>
#include <csignal>
#include <latch>
#include <optional>
#include <thread>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

using function = void (*)(int);

function disposition(int number) {
  struct sigaction now {};
  sigaction(number, nullptr, &now);
  return now.sa_handler;
}

task<> note_next(signal_set& set, trace& log, std::string name) {
  int const number = co_await set.next();
  log.push_back(name + ' ' + signal_name(number));
}

}  // namespace

TEST_CASE("a signal set yields the signals that came, also those that came before", "[signal]") {
  run_clean([]() -> task<> {
    signal_set set({SIGUSR1, SIGUSR2, SIGUSR1});
    std::raise(SIGUSR2);
    std::raise(SIGUSR1);
    std::raise(SIGUSR2);
    int const first = co_await set.next();
    int const second = co_await set.next();
    CHECK(first == SIGUSR1);  // the lowest
    CHECK(second == SIGUSR2);
    CHECK(set.statistics().received == 2);

    auto const waiting = create_task(set.next());
    co_await settle();
    CHECK_FALSE(waiting.done());
    CHECK(set.statistics().waiting == 1);
    std::raise(SIGUSR1);
    int const third = co_await waiting;
    CHECK(third == SIGUSR1);
  });
}

TEST_CASE("of several tasks that wait for one set, each signal goes to one", "[signal]") {
  run_clean([]() -> task<> {
    signal_set set({SIGUSR1, SIGUSR2});
    trace log;
    auto const a = spawn(note_next, std::ref(set), std::ref(log), "a");
    auto const b = spawn(note_next, std::ref(set), std::ref(log), "b");
    co_await settle();
    std::raise(SIGUSR1);
    co_await settle();
    CHECK(log == trace{"a SIGUSR1"});
    std::raise(SIGUSR2);
    co_await b;
    CHECK(log == trace{"a SIGUSR1", "b SIGUSR2"});
  });
}

TEST_CASE("every set and every handler for a signal gets it", "[signal]") {
  run_clean([]() -> task<> {
    trace log;
    signal_set one({SIGUSR1});
    signal_set two({SIGUSR1});
    get_running_loop().add_signal_handler(SIGUSR1, [&] { log.push_back("handler"); });
    std::raise(SIGUSR1);
    co_await note_next(one, log, "one");
    co_await note_next(two, log, "two");
    co_await settle();
    std::ranges::sort(log);
    CHECK(log == trace{"handler", "one SIGUSR1", "two SIGUSR1"});
  });
}

TEST_CASE("what a signal did before is back when the last that watched it has gone", "[signal]") {
  static std::atomic<int> own = 0;
  auto const before = std::signal(SIGUSR1, [](int) { ++own; });
  function const mine = disposition(SIGUSR1);
  run_clean([&]() -> task<> {
    std::optional<signal_set> set;
    set.emplace({SIGUSR1});
    event_loop& loop = get_running_loop();
    loop.add_signal_handler(SIGUSR1, [] {});
    CHECK(disposition(SIGUSR1) != mine);
    set.reset();
    CHECK(disposition(SIGUSR1) != mine);
    loop.remove_signal_handler(SIGUSR1);
    CHECK(disposition(SIGUSR1) == mine);
    std::raise(SIGUSR1);
    CHECK(own == 1);
    loop.add_signal_handler(SIGUSR1, [] {});  // until the end of the loop
    co_return;
  });
  CHECK(disposition(SIGUSR1) == mine);
  std::signal(SIGUSR1, before);
}

TEST_CASE("a handler that the program installs meanwhile stays", "[signal]") {
  auto const before = std::signal(SIGUSR1, SIG_DFL);
  function const mine = [](int) {};
  run_clean([&]() -> task<> {
    signal_set set({SIGUSR1});
    std::signal(SIGUSR1, mine);
    set.close();
    CHECK(disposition(SIGUSR1) == mine);
    co_return;
  });
  std::signal(SIGUSR1, before);
}

TEST_CASE("a cancelled wait loses no signal", "[signal][cancel]") {
  run_clean([]() -> task<> {
    signal_set set({SIGUSR1});
    for (int passes = 0; passes < 5; ++passes) {
      auto const waiting = create_task(set.next());
      co_await yield_now();
      std::raise(SIGUSR1);
      for (int i = 0; i < passes; ++i) co_await yield_now();
      waiting.cancel();
      int number = 0;
      try {
        number = co_await waiting;
      } catch (cancelled_error const&) {
        number = 0;
      }
      if (number == 0) number = co_await set.next();
      CHECK(number == SIGUSR1);
    }
  });
}

TEST_CASE("a closed set gives its signals back, throws, and wakes who waits with an error", "[signal]") {
  run_clean([]() -> task<> {
    auto const before = std::signal(SIGUSR1, SIG_IGN);
    std::optional<signal_set> set;
    set.emplace({SIGUSR1});
    auto const waiting = create_task(set->next());
    co_await settle();
    set.reset();
    std::string const error = co_await error_of([](task_handle<int> t) -> task<int> { co_return co_await t; }(waiting));
    CHECK(error == "the signal set is closed");
    CHECK(disposition(SIGUSR1) == SIG_IGN);

    signal_set moved({SIGUSR1});
    signal_set other = std::move(moved);
    CHECK_FALSE(moved.is_open());
    CHECK(other.is_open());
    std::string const empty = co_await error_of(moved.next());
    CHECK(empty == "the signal set is closed");
    other.close();
    other.close();
    std::signal(SIGUSR1, before);
  });
}

TEST_CASE("a set that outlives its loop is closed", "[signal]") {
  std::optional<signal_set> set;
  run_clean([&]() -> task<> {
    set.emplace({SIGUSR1});
    co_return;
  });
  CHECK_FALSE(set->is_open());
}

TEST_CASE("a set refuses what cannot be caught, and gives back what it had begun with", "[signal]") {
  run_clean([]() -> task<> {
    function const before = disposition(SIGUSR1);
    CHECK(kind_thrown([] { signal_set({SIGUSR1, SIGKILL}); }) == "logic_error");
    CHECK(kind_thrown([] { signal_set({SIGUSR1, SIGSEGV}); }) == "logic_error");
    CHECK(kind_thrown([] { signal_set({SIGUSR1, 0}); }) == "invalid_argument");
    CHECK(disposition(SIGUSR1) == before);
    co_return;
  });
  CHECK(kind_thrown([] { signal_set({SIGUSR1}); }) == "logic_error");  // outside of a loop
}

TEST_CASE("a signal that arrives on another thread wakes the loop", "[signal][threads]") {
  run_clean([]() -> task<> {
    signal_set set({SIGUSR1});
    std::latch told(1);
    std::jthread const other([&] {
      pthread_kill(pthread_self(), SIGUSR1);
      told.wait();
    });
    int const number = co_await set.next();
    told.count_down();
    CHECK(number == SIGUSR1);
  });
}

TEST_CASE("loops on several threads each get a signal, while others come and go", "[signal][threads]") {
  constexpr int loops = 4;
  constexpr int rounds = 50;
  std::latch ready(loops);
  std::atomic<int> received = 0;
  std::atomic<bool> stop = false;
  std::size_t const before = open_descriptors();
  // What comes when all have gone must not end the program.
  auto* const usual = std::signal(SIGUSR1, SIG_IGN);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < loops; ++i)
      threads.emplace_back([&] {
        run_real([&]() -> task<> {
          signal_set set({SIGUSR1});
          ready.count_down();
          co_await set.next();
          ++received;
        });
      });
    // This one makes and ends loops that watch the same signal.
    std::jthread const restless([&] {
      while (!stop)
        run_real([&]() -> task<> {
          signal_set set({SIGUSR1, SIGUSR2});
          co_await yield_now();
        });
    });
    ready.wait();
    for (int i = 0; i < rounds; ++i) kill(getpid(), SIGUSR1);
    threads.clear();
    stop = true;
  }
  std::signal(SIGUSR1, usual);
  CHECK(received == loops);
  CHECK(open_descriptors() == before);
}

TEST_CASE("a removed or replaced handler is not called for a signal that came before", "[signal]") {
  run_clean([]() -> task<> {
    event_loop& loop = get_running_loop();
    trace log;
    loop.add_signal_handler(SIGUSR1, [&] { log.push_back("first"); });
    std::raise(SIGUSR1);
    loop.add_signal_handler(SIGUSR1, [&] { log.push_back("second"); });
    co_await settle();
    CHECK(log == trace{"second"});
    loop.add_signal_handler(SIGUSR2, [] {});  // keeps the loop's ear open
    std::raise(SIGUSR2);
    loop.remove_signal_handler(SIGUSR2);
    co_await settle();
    CHECK(log == trace{"second"});
  });
}

TEST_CASE("a handler that is removed while its call is queued is not called", "[signal]") {
  run_clean([]() -> task<> {
    event_loop& loop = get_running_loop();
    int calls = 0;
    for (int passes = 0; passes < 5; ++passes) {
      loop.add_signal_handler(SIGUSR1, [&] { ++calls; });
      std::raise(SIGUSR1);
      for (int i = 0; i < passes; ++i) co_await yield_now();
      loop.remove_signal_handler(SIGUSR1);
      int const so_far = calls;
      co_await settle();
      CHECK(calls == so_far);
    }
    CHECK(calls > 0);
  });
}
