// SPDX-License-Identifier: MIT
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <pthread.h>
#include <csignal>
#include <latch>
#include <thread>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

struct fancy_exit : std::runtime_error {
  fancy_exit() : runtime_error("fancy exit") {}
};

/// Catch2 has a handler for SIGINT, and halka respects a handler that the program has set: this puts the default back for a while.
class default_interrupt_handling {
 public:
  default_interrupt_handling() {
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    sigaction(SIGINT, &standard, &before_);
  }
  ~default_interrupt_handling() { sigaction(SIGINT, &before_, nullptr); }
  default_interrupt_handling(default_interrupt_handling const&) = delete;
  default_interrupt_handling& operator=(default_interrupt_handling const&) = delete;

 private:
  struct sigaction before_ {};
};

}  // namespace

TEST_CASE("run returns the value and rethrows the exception", "[case][RUN-01]") {
  int const result = run_virtual([]() -> task<int> {
    co_await yield_now();
    co_return 42;
  });
  CHECK(result == 42);

  std::string text;
  try {
    run_virtual([]() -> task<> {
      co_await yield_now();
      throw boom("spam");
    });
  } catch (boom const& e) {
    text = e.what();
  }
  CHECK(text == "spam");
}

TEST_CASE("run inside a running loop is refused and its coroutine never starts", "[case][RUN-02]") {
  captured_reports const reports;
  trace log;
  auto other = [&]() -> task<> {
    log.push_back("other");
    co_return;
  };
  bool refused_by_name = false;
  int const result = run_virtual([&]() -> task<int> {
    try {
      halka::run(other());
    } catch (std::logic_error const& e) {
      log.push_back(kind(std::current_exception()));
      refused_by_name = std::string(e.what()).find("cannot be called from a running event loop") != std::string::npos;
    }
    co_return 1;
  });
  CHECK(log == trace{"logic_error"});
  CHECK(refused_by_name);
  CHECK(result == 1);
  CHECK(reports.texts().empty());  // the coroutine was refused, not forgotten
}

TEST_CASE("tasks left over when main returns are cancelled and awaited", "[case][RUN-03]") {
  captured_reports const reports;
  trace log;
  clock::duration waited{};
  task_handle<> left;
  int const result = run_virtual([&]() -> task<int> {
    auto leftover = [&log, &waited]() -> task<> {
      auto const begin = clock::now();
      bool cancelled = false;
      try {
        co_await sleep(10s);
      } catch (cancelled_error const&) {
        log.push_back("cleanup");
        cancelled = true;
      }
      co_await yield_now();
      log.push_back("cleanup done");
      waited = clock::now() - begin;
      if (cancelled) throw cancelled_error();
    };
    left = spawn(leftover);
    co_await yield_now();
    co_return 123;
  });
  log.push_back("run returned");
  CHECK(result == 123);
  CHECK(log == trace{"cleanup", "cleanup done", "run returned"});
  CHECK(left.done());
  CHECK(left.cancelled());
  CHECK(waited == 0s);
  CHECK(reports.count("1 task was still running") == 1);
}

TEST_CASE("main's own exception wins over those of leftover tasks, and generators are closed before run returns",
          "[case][RUN-05]") {
  captured_reports const reports;
  trace log;
  task_handle<> spinning;
  auto fidget = [&]() -> async_generator<int> {
    struct finally {
      trace& log;
      ~finally() { log.push_back("gen closed"); }
    } const at_the_end{log};
    while (true) {
      co_yield 1;
      co_await sleep(10s);
    }
  };
  auto spin = [&]() -> task<> {
    auto numbers = fidget();
    try {
      while (auto n = co_await numbers.next()) log.push_back(std::to_string(*n));
    } catch (cancelled_error const&) {
      throw boom("zero division");
    }
  };
  auto const thrown = kind_thrown([&] {
    run_virtual([&]() -> task<> {
      spinning = spawn(spin);
      co_await sleep(10ms);
      log.push_back("main throws");
      throw fancy_exit();
    });
  });
  CHECK(thrown == "fancy_exit");
  CHECK(spinning.done());
  CHECK(log == trace{"1", "main throws", "gen closed"});
  CHECK(reports.count("zero division") == 1);  // the leftover's own error is told, not lost
}

TEST_CASE("several runs of a runner share one loop, and a closed runner refuses", "[case][RUN-06]") {
  trace log;
  auto background = [&]() -> task<> {
    co_await sleep(20ms);
    log.push_back("bg");
  };
  auto this_loop = []() -> task<event_loop*> { co_return &get_running_loop(); };

  runner r(std::make_unique<virtual_clock>());
  event_loop* const a = r.run(this_loop);
  auto const t = r.run([&]() -> task<task_handle<>> { co_return spawn(background); });
  CHECK(log == trace{});
  r.run([]() -> task<> { co_await sleep(50ms); });
  event_loop* const b = r.run(this_loop);
  CHECK(a == b);
  CHECK(log == trace{"bg"});
  CHECK(t.done());

  r.close();
  CHECK(kind_thrown([&] { r.run(this_loop); }) == "logic_error");
  CHECK(kind_thrown([&] { r.get_loop(); }) == "logic_error");
  CHECK(kind_thrown([&] { r.close(); }) == "none");
}

TEST_CASE("a main that swallows the cancellation of Ctrl-C returns normally", "[case][RUN-08]") {
  default_interrupt_handling const standard;
  auto survive = []() -> task<std::string> {
    future<> never_set;
    try {
      co_await never_set;
    } catch (cancelled_error const&) {
      co_return "survived";
    }
    co_return "not cancelled";
  };

  SECTION("when the signal comes while the loop runs a callback") {
    std::string const result = halka::run([&]() -> task<std::string> {
      get_running_loop().call_later(1ms, [] { std::raise(SIGINT); });
      co_return co_await survive();
    });
    CHECK(result == "survived");
  }
  SECTION("when the signal comes while the loop sleeps") {
    // The signal goes to this very thread. Whether the loop sleeps already does not matter for the outcome.
    pthread_t const here = pthread_self();
    std::jthread sender;
    std::string const result = halka::run([&]() -> task<std::string> {
      sender = std::jthread([here] { pthread_kill(here, SIGINT); });
      co_return co_await survive();
    });
    CHECK(result == "survived");
  }

  struct sigaction now {};
  sigaction(SIGINT, nullptr, &now);
  CHECK(now.sa_handler == SIG_DFL);  // what was there before is back
}

TEST_CASE("run joins the default executor before it returns", "[case][RUN-11]") {
  captured_reports const reports;
  trace log;  // the worker writes before the join, this thread after it
  std::latch begun(1);
  std::latch main_has_returned(1);
  halka::run([&]() -> task<> {
    auto call = [&]() -> task<> {
      try {
        auto work = [&] {
          begun.count_down();
          main_has_returned.wait();
          // A run that does not wait for its workers would return during this sleep.
          std::this_thread::sleep_for(50ms);
          log.push_back("worker done");
        };
        co_await to_thread(work);
      } catch (cancelled_error const&) {
        main_has_returned.count_down();
        throw;
      }
    };
    spawn(call);
    co_await yield_now();
    begun.wait();
  });
  log.push_back("run returned");
  CHECK(log == trace{"worker done", "run returned"});
}
