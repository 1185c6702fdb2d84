// SPDX-License-Identifier: MIT
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <coroutine>
#include <thread>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

/// An awaitable that knows nothing of halka: whoever holds the handle resumes it.
struct manual_resumption {
  std::coroutine_handle<>& held;
  int result;

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> h) const { held = h; }
  int await_resume() const { return result; }
};

/// Whether it suspends is decided in await_suspend.
struct decides_late {
  bool suspend;
  std::coroutine_handle<>& held;

  bool await_ready() const { return false; }
  bool await_suspend(std::coroutine_handle<> h) const {
    held = h;
    return suspend;
  }
  int await_resume() const { return 2; }
};

/// Transfers straight back to who awaits.
struct transfers_back {
  bool await_ready() const { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) const { return h; }
  int await_resume() const { return 3; }
};

struct is_ready {
  bool await_ready() const { return true; }
  void await_suspend(std::coroutine_handle<>) const {}
  int await_resume() const { return 4; }
};

struct fails_to_suspend {
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<>) const { throw boom("cannot suspend"); }
  void await_resume() const {}
};

/// Resumed by a thread of its own.
struct resumed_by_thread {
  std::jthread& worker;

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> h) const {
    worker = std::jthread([h] { h.resume(); });
  }
  std::thread::id await_resume() const { return std::this_thread::get_id(); }
};

struct with_member_operator {
  int value;
  auto operator co_await() const {
    struct awaiter {
      int value;
      bool await_ready() const { return true; }
      void await_suspend(std::coroutine_handle<>) const {}
      int await_resume() const { return value; }
    };
    return awaiter{value};
  }
};

struct with_free_operator {
  int value;
};
auto operator co_await(with_free_operator a) { return with_member_operator{a.value + 100}.operator co_await(); }

}  // namespace

TEST_CASE("a foreign awaitable of any shape may stand behind co_await", "[sched][foreign]") {
  run_virtual([]() -> task<> {
    std::coroutine_handle<> held;
    int const unsuspended = co_await decides_late{false, held};
    CHECK(unsuspended == 2);
    int const transferred = co_await transfers_back{};
    CHECK(transferred == 3);
    int const at_once = co_await is_ready{};
    CHECK(at_once == 4);
    int const member = co_await with_member_operator{5};
    CHECK(member == 5);
    int const free_standing = co_await with_free_operator{6};
    CHECK(free_standing == 106);
  });
}

TEST_CASE("a task that awaits a foreign awaitable goes on, in a later pass, when it is resumed", "[sched][foreign]") {
  trace log;
  run_virtual([&]() -> task<> {
    std::coroutine_handle<> held;
    auto t = spawn([&]() -> task<> {
      int const r = co_await manual_resumption{held, 1};
      log.push_back("resumed with " + std::to_string(r));
    });
    co_await yield_now();
    CHECK(t.phase() == task_phase::waiting);
    held.resume();
    log.push_back("after resume");
    co_await t;
  });
  CHECK(log == trace{"after resume", "resumed with 1"});
}

TEST_CASE("a foreign awaitable resumed from another thread continues on the loop's thread", "[sched][foreign]") {
  // Many rounds: the resuming thread and the loop meet in every order.
  halka::run([]() -> task<> {
    auto const here = std::this_thread::get_id();
    int on_loop = 0;
    constexpr int rounds = 2000;
    for (int i = 0; i < rounds; ++i) {
      std::jthread worker;
      std::thread::id const where = co_await resumed_by_thread{worker};
      on_loop += where == here;
    }
    CHECK(on_loop == rounds);
  });
}

TEST_CASE("a cancellation reaches a task in a foreign awaitable when that resumes", "[sched][foreign][cancel]") {
  run_virtual([]() -> task<> {
    std::coroutine_handle<> held;
    auto t = spawn([&]() -> task<> { co_await manual_resumption{held, 1}; });
    co_await yield_now();
    CHECK(t.cancel("stop"));
    co_await settle();
    CHECK_FALSE(t.done());
    held.resume();
    std::string reason;
    try {
      co_await t;
    } catch (cancelled_error const& e) {
      reason = e.reason();
    }
    CHECK(reason == "stop");
  });
}

TEST_CASE("a foreign awaitable that throws instead of suspending throws at the co_await, and the task goes on as before",
          "[sched][foreign][cancel]") {
  run_virtual([]() -> task<> {
    auto t = spawn([]() -> task<std::string> {
      std::string text = "none";
      try {
        co_await fails_to_suspend{};
      } catch (boom const& e) {
        text = e.what();
      }
      CHECK(current_task().phase() == task_phase::running);
      // The request is delivered at the next suspension, as in any running task.
      current_task().cancel();
      try {
        co_await yield_now();
      } catch (cancelled_error const&) {
        text += ", cancelled";
      }
      co_return text;
    });
    std::string const& text = co_await t;
    CHECK(text == "cannot suspend, cancelled");
  });
}

TEST_CASE("awaiting outside of a task throws std::logic_error", "[sched][foreign]") {
  // A coroutine of another library, without a halka task around it.
  struct detached {
    struct promise_type {
      detached get_return_object() { return {}; }
      std::suspend_never initial_suspend() noexcept { return {}; }
      std::suspend_never final_suspend() noexcept { return {}; }
      void return_void() {}
      void unhandled_exception() { throw; }
    };
  };
  auto yields = []() -> detached { co_await yield_now(); };
  auto sleeps = []() -> detached { co_await sleep(1s); };
  CHECK(kind_thrown(yields) == "logic_error");
  CHECK(kind_thrown(sleeps) == "logic_error");
}
