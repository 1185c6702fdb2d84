// SPDX-License-Identifier: MIT
// Every combinator, cancelled wherever it can be (tests/support/cancel_everywhere.hpp).
#include "../support/cancel_everywhere.hpp"

#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <exception>
#include <tuple>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

constexpr cancel_rules strict{};

std::vector<task<int>> three() {
  std::vector<task<int>> tasks;
  tasks.push_back(work(1));
  tasks.push_back(work_and_clean_up(2, 1ms));
  tasks.push_back(work(3, 5ms));
  return tasks;
}

}  // namespace

TEST_CASE("gather can be cancelled everywhere", "[runtime][cancel]") {
  auto tuple = []() -> task<> {
    auto r = co_await gather(work(1), work_and_clean_up(2), sleep(1ms), work(3, 0ms));
    CHECK(std::get<1>(r) == 2);
  };
  CHECK(problems_when_cancelled(tuple, strict) == trace{});
  auto range = []() -> task<> {
    auto r = co_await gather(three());
    CHECK(r == std::vector<int>{1, 2, 3});
  };
  CHECK(problems_when_cancelled(range, strict) == trace{});
}

TEST_CASE("gather of outcomes can be cancelled everywhere", "[runtime][cancel]") {
  auto tuple = []() -> task<> {
    auto r = co_await gather(return_exceptions, work(1), fail_after<boom>(1ms), work_and_clean_up(3));
    CHECK(std::get<2>(r).value() == 3);
  };
  CHECK(problems_when_cancelled(tuple, strict) == trace{});
  auto range = []() -> task<> {
    auto r = co_await gather(return_exceptions, three());
    CHECK(r.size() == 3);
  };
  CHECK(problems_when_cancelled(range, strict) == trace{});
}

TEST_CASE("a gather that fails can be cancelled everywhere", "[runtime][cancel]") {
  auto body = []() -> task<> {
    counted const held;
    try {
      co_await gather(fail_after<boom>(1ms), work_and_clean_up(1), work(2));
    } catch (boom const&) {
    }
    co_await yield_now();  // a cancellation that came with the failure arrives here
  };
  CHECK(problems_when_cancelled(body, strict) == trace{});
}

TEST_CASE("a task group can be cancelled everywhere", "[runtime][cancel]") {
  auto body = []() -> task<> {
    int const n = co_await with_task_group([](task_group& g) -> task<int> {
      counted const held;
      g.spawn(work, 1, 2ms);
      g.spawn(work_and_clean_up, 2, 3ms);
      g.spawn([&g]() -> task<> {
        co_await yield_now();
        g.spawn(work, 3, 4ms);
      });
      co_await sleep(1ms);
      co_return 5;
    });
    CHECK(n == 5);
  };
  CHECK(problems_when_cancelled(body, {.may_fail = true}) == trace{});
}

TEST_CASE("a task group that fails can be cancelled everywhere", "[runtime][cancel]") {
  auto body = []() -> task<> {
    counted const held;
    try {
      co_await with_task_group([](task_group& g) -> task<> {
        g.spawn(fail_after<boom>, 1ms);
        g.spawn(work_and_clean_up, 2, 3ms);
        co_await work(3);
      });
    } catch (exception_group const& e) {
      CHECK(kinds(e) == "boom");
    }
    co_await yield_now();
  };
  CHECK(problems_when_cancelled(body, strict) == trace{});
}

TEST_CASE("a task group that cancels itself can be cancelled everywhere", "[runtime][cancel]") {
  auto body = []() -> task<> {
    counted const held;
    co_await with_task_group([](task_group& g) -> task<> {
      g.spawn(work_and_clean_up, 2, 9ms);
      g.spawn([&g]() -> task<> {
        co_await sleep(1ms);
        g.cancel();
      });
      co_await work_and_clean_up(3, 9ms);
    });
    co_await yield_now();
  };
  CHECK(problems_when_cancelled(body, strict) == trace{});
}

TEST_CASE("wait_for can be cancelled everywhere", "[runtime][cancel]") {
  auto in_time = []() -> task<> {
    counted const held;
    co_await wait_for(work(1), 1s);
    co_await wait_for(spawn(work_and_clean_up, 2, 1ms), 1s);
  };
  CHECK(problems_when_cancelled(in_time, strict) == trace{});
  auto late = []() -> task<> {
    counted const held;
    try {
      co_await wait_for(work_and_clean_up(1, 1s), 2ms);
    } catch (timeout_error const&) {
    }
    try {
      co_await wait_for(spawn(work_and_clean_up, 1, 1s), 2ms);
    } catch (timeout_error const&) {
    }
    co_await yield_now();
  };
  CHECK(problems_when_cancelled(late, strict) == trace{});
}

TEST_CASE("timeout can be cancelled everywhere", "[runtime][cancel]") {
  auto body = []() -> task<> {
    counted const held;
    try {
      co_await timeout(3ms, [](timeout_scope& outer) -> task<> {
        try {
          co_await timeout(1ms, []() -> task<> { co_await work_and_clean_up(1, 1s); });
        } catch (timeout_error const&) {
        }
        outer.reschedule(clock::now() + 2ms);
        co_await work(1, 1s);
      });
    } catch (timeout_error const&) {
    }
    co_await yield_now();
  };
  CHECK(problems_when_cancelled(body, strict) == trace{});
}

TEST_CASE("shield can be cancelled everywhere, and what it shields ends by itself", "[runtime][cancel]") {
  auto body = []() -> task<> {
    int const one = co_await shield(work(1));
    auto t = spawn(work, 2, 2ms);
    int const two = co_await shield(t);
    CHECK(one + two == 3);
  };
  CHECK(problems_when_cancelled(body, {.may_outlive = true}) == trace{});
}

TEST_CASE("wait can be cancelled everywhere, and what it waits for ends by itself", "[runtime][cancel]") {
  auto body = []() -> task<> {
    std::vector<task_handle<int>> const tasks{spawn(work, 1, 2ms), spawn(work, 2, 4ms)};
    auto first = co_await wait(tasks, return_when::first_completed);
    CHECK(first.done.size() == 1);
    co_await wait(tasks, return_when::first_exception);
    auto all = co_await wait(tasks);
    CHECK(all.pending.empty());
  };
  CHECK(problems_when_cancelled(body, {.may_outlive = true}) == trace{});
}

TEST_CASE("as_completed can be cancelled everywhere, and ends what it started", "[runtime][cancel]") {
  auto body = []() -> task<> {
    auto results = as_completed(three());
    int sum = 0;
    while (auto r = co_await results.next()) sum += r->value();
    CHECK(sum == 6);
  };
  CHECK(problems_when_cancelled(body, {.may_outlive = true}) == trace{});
}

TEST_CASE("race can be cancelled everywhere", "[runtime][cancel]") {
  auto tuple = []() -> task<> {
    auto r = co_await race(work(1, 3ms), work_and_clean_up(2, 9ms), sleep(2ms));
    CHECK(r.index() == 2);
  };
  CHECK(problems_when_cancelled(tuple, strict) == trace{});
  auto range = []() -> task<> {
    auto r = co_await race(three());
    CHECK(r.index == 1);
  };
  CHECK(problems_when_cancelled(range, strict) == trace{});
}
