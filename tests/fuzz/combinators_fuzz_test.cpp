// SPDX-License-Identifier: MIT
// Each combinator in all schedules, with what it promises.
#include "fuzzing.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <exception>
#include <string>
#include <variant>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

task<int> value_after_some_time(fuzz_random& random, int value) {
  counted const held;
  co_await dawdle(random);
  co_return value;
}

task<int> value_or_failure(fuzz_random& random, int value) {
  counted const held;
  co_await dawdle(random);
  if (random.one_in(3)) throw boom();
  co_return value;
}

/// Nobody but the task that runs is alive, and it is not asked to stop.
void must_be_alone(char const* after) {
  must(all_tasks().size() == 1, std::string("tasks are left after ") + after);
  must(current_task().cancelling() == 0, std::string("a request is left after ") + after);
}

/// Runs `body` as a task that is cancelled at some time, or not. True if that is how it ended.
template <class Body>
task<bool> cancelled_at_some_time(fuzz_random& random, Body body) {
  auto const running = create_task(body());
  std::vector<task_handle<>> const only{running};
  co_await cancel_some(random, only);
  co_await wait(only);
  if (!running.cancelled()) running.result();
  co_return running.cancelled();
}

}  // namespace

TEST_CASE("gather yields all in order, or ends all", "[fuzz][gather]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    auto body = [&]() -> task<> {
      std::vector<task<int>> parts;
      int const n = 1 + static_cast<int>(random.below(5));
      for (int i = 0; i < n; ++i) parts.push_back(value_or_failure(random, i));
      try {
        std::vector<int> const values = co_await gather(std::move(parts));
        must(static_cast<int>(values.size()) == n && std::ranges::is_sorted(values), "the order of gather's values");
      } catch (boom const&) {
      }
    };
    co_await cancelled_at_some_time(random, body);
    must_be_alone("gather");
  });
}

TEST_CASE("race has one winner and ends the others", "[fuzz][race]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    auto body = [&]() -> task<> {
      auto const winner =
          co_await race(value_after_some_time(random, 0), value_after_some_time(random, 1), value_after_some_time(random, 2));
      int const value = std::visit([](int v) { return v; }, winner);
      must(value == static_cast<int>(winner.index()), "the winner's value");
    };
    co_await cancelled_at_some_time(random, body);
    must_be_alone("race");
  });
}

TEST_CASE("racing for what is ready takes one of it", "[fuzz][race]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    semaphore a(static_cast<std::ptrdiff_t>(random.below(2)));
    semaphore b(static_cast<std::ptrdiff_t>(random.below(2)));
    std::size_t const before = a.statistics().permits + b.statistics().permits;
    int taken = 0;
    auto body = [&]() -> task<> {
      co_await race(a.acquire(), b.acquire());
      ++taken;
    };
    auto const running = create_task(body());
    co_await dawdle(random);
    bool const released = random.one_in(2);
    if (released) {
      a.release();
      b.release();
    }
    if (!released && before == 0) running.cancel();
    std::vector<task_handle<>> const only{running};
    co_await wait(only);
    std::size_t const left = a.statistics().permits + b.statistics().permits;
    must(left + static_cast<std::size_t>(taken) == before + (released ? 2 : 0), "permits are lost or taken twice");
  });
}

TEST_CASE("a task group ends with all of its tasks", "[fuzz][group]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    int alive = 0;
    auto child = [&]() -> task<> {
      struct here {
        int& n;
        explicit here(int& i) : n(i) { ++n; }
        ~here() { --n; }
      } const counted_here(alive);
      co_await dawdle(random);
      if (random.one_in(5)) throw boom();
    };
    auto body = [&]() -> task<> {
      try {
        co_await with_task_group([&](task_group& group) -> task<> {
          for (int i = 0; i < 3; ++i) group.spawn(child);
          co_await dawdle(random);
          if (random.one_in(4)) group.cancel();
        });
      } catch (exception_group const& e) {
        must(e.contains<boom>(), "what the group throws");
      }
      must(alive == 0, "a task outlives its group");
      co_await yield_now();  // no request of the group's own is left
    };
    bool const cancelled = co_await cancelled_at_some_time(random, body);
    must(alive == 0 || cancelled, "a task outlives its group");
    must_be_alone("a group");
  });
}

TEST_CASE("a timeout is its own and takes nothing from outside", "[fuzz][timeout]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    int outcomes = 0;
    auto inner = [&]() -> task<> { co_await sleep(some_time(random, 6)); };
    auto outer = [&]() -> task<> {
      try {
        co_await timeout(some_time(random, 6), inner);
      } catch (timeout_error const&) {
        ++outcomes;
      }
      co_await sleep(some_time(random));
    };
    auto body = [&]() -> task<> {
      try {
        co_await timeout(some_time(random, 8), outer);
      } catch (timeout_error const&) {
        ++outcomes;
      }
      must(current_task().cancelling() <= 1, "requests of deadlines are left");
      co_await yield_now();
    };
    bool const cancelled = co_await cancelled_at_some_time(random, body);
    must(outcomes <= 2 || cancelled, "a deadline fired twice");
    must_be_alone("a timeout");
  });
}

TEST_CASE("move_on_after and fail_after end their bodies and nothing else", "[fuzz][move_on_after][fail_after]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    auto body = [&]() -> task<> {
      bool ended = false;
      auto work = [&]() -> task<> {
        co_await sleep(some_time(random, 6));
        co_await dawdle(random);
        ended = true;
      };
      bool const by_itself = co_await move_on_after(some_time(random, 6), work);
      must(by_itself == ended, "what move_on_after yields");
      ended = false;
      try {
        co_await fail_after(some_time(random, 6), work);
        must(ended, "fail_after returned before its body had ended");
      } catch (timeout_error const&) {
        must(!ended, "fail_after throws although its body had ended");
      }
      co_await yield_now();  // no request of the scopes is left
    };
    co_await cancelled_at_some_time(random, body);
    must_be_alone("a scope with a deadline");
  });
}

TEST_CASE("wait_for yields the value or the timeout, and waits for what it cancels", "[fuzz][wait_for]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    bool cleaned_up = false;
    auto work = [&]() -> task<int> {
      std::exception_ptr cancelled;
      try {
        co_await sleep(some_time(random, 6));
      } catch (cancelled_error const&) {
        cancelled = std::current_exception();
      }
      if (cancelled) {
        co_await yield_now();
        cleaned_up = true;
        std::rethrow_exception(cancelled);
      }
      co_return 7;
    };
    try {
      int const got = co_await wait_for(work(), some_time(random, 6) + 1ms);
      must(got == 7, "the value of wait_for");
    } catch (timeout_error const&) {
      must(cleaned_up, "wait_for left before what it cancelled had ended");
    }
    co_await yield_now();
    must_be_alone("wait_for");
  });
}

TEST_CASE("shield lets what it shields go on", "[fuzz][shield]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    int done = 0;
    auto const inner = create_task([](fuzz_random& r, int& n) -> task<> {
      co_await dawdle(r);
      co_await sleep(1ms);
      ++n;
    }(random, done));
    auto body = [&]() -> task<> { co_await shield(inner); };
    bool const cancelled = co_await cancelled_at_some_time(random, body);
    must(cancelled || done == 1, "shield returned too early");
    co_await inner;
    must(done == 1, "what was shielded was cancelled");
  });
}

TEST_CASE("wait tells all that have ended and leaves the others alone", "[fuzz][wait]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    std::vector<task_handle<int>> tasks;
    for (int i = 0; i < 4; ++i) tasks.push_back(create_task(value_or_failure(random, i)));
    auto const [done, pending] = co_await wait(tasks, return_when::first_completed);
    must(!done.empty() && done.size() + pending.size() == 4, "the parts of wait");
    for (auto const& t : done) must(t.done(), "wait counts a task as done that is not");
    auto const last = co_await wait(tasks);
    must(last.done.size() == 4, "wait for all");
    for (auto const& t : tasks) must(!t.cancelled(), "wait cancelled a task");
    for (auto const& t : tasks) t.exception();
  });
}

TEST_CASE("as_completed yields everything once", "[fuzz][as_completed]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    auto body = [&]() -> task<> {
      std::vector<task<int>> parts;
      for (int i = 0; i < 4; ++i) parts.push_back(value_after_some_time(random, 1 << i));
      auto results = as_completed(std::move(parts));
      int sum = 0;
      while (auto one = co_await results.next()) sum += one->value();
      must(sum == 15, "the values of as_completed");
    };
    co_await cancelled_at_some_time(random, body);
    co_await sleep(1s);
    must_be_alone("as_completed");
  });
}

TEST_CASE("a future wakes everybody who awaits it", "[fuzz][future]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    future<int> const result;
    int got = 0;
    auto listen = [&]() -> task<> { got += co_await result; };
    std::vector<task_handle<>> listeners;
    for (int i = 0; i < 3; ++i) listeners.push_back(spawn(listen));
    co_await dawdle(random);
    result.set_result(5);
    co_await join_all(listeners);
    must(got == 15, "a listener of a future was forgotten");
  });
}

TEST_CASE("an async generator yields in order and is over when it is dropped", "[fuzz][async_generator]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    auto numbers = [](fuzz_random& r) -> async_generator<int> {
      counted const held;
      for (int i = 0; i < 10; ++i) {
        co_await dawdle(r);
        co_yield i;
      }
    };
    auto body = [&]() -> task<> {
      auto sequence = numbers(random);
      int expected = 0;
      while (auto n = co_await sequence.next()) {
        must(*n == expected++, "the order of a generator");
        if (random.one_in(12)) co_return;
      }
      must(expected == 10, "the end of a generator");
    };
    co_await cancelled_at_some_time(random, body);
    co_await sleep(1s);
    must_be_alone("a generator");
  });
}
