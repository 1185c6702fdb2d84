// SPDX-License-Identifier: MIT
// Bodies as programs have them, cancelled wherever they can be, and the harness itself.
#include "../support/cancel_everywhere.hpp"

#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

constexpr cancel_rules strict{};

struct connection {
  explicit connection(int n) : held(n) {}
  task<> close() {
    co_await yield_now();
    co_await sleep(1ms);
    closed = true;
  }
  counted held;
  bool closed = false;
};

task<int> query(int n) {
  return with(connection(n), [](connection& c) -> task<int> {
    co_await sleep(1ms * c.held.value);
    co_return c.held.value;
  });
}

async_generator<int> rows(int n) {
  counted const held;
  for (int i = 0; i < n; ++i) {
    int row = co_await query(i);
    co_yield row;
  }
}

}  // namespace

TEST_CASE("a group of gathers with deadlines can be cancelled everywhere", "[runtime][cancel]") {
  auto body = []() -> task<> {
    counted const held;
    co_await with_task_group([](task_group& g) -> task<> {
      g.spawn([]() -> task<> { co_await gather(query(1), wait_for(query(2), 1s)); });
      g.spawn([]() -> task<> {
        try {
          co_await wait_for(gather(query(1), query(100)), 3ms);
        } catch (timeout_error const&) {
        }
      });
      co_await timeout(1s, []() -> task<> { co_await query(1); });
    });
  };
  CHECK(problems_when_cancelled(body, strict) == trace{});
}

TEST_CASE("a race of resources inside a timeout can be cancelled everywhere", "[runtime][cancel]") {
  auto body = []() -> task<> {
    try {
      co_await timeout(4ms, []() -> task<> {
        auto first = co_await race(query(2), query(3), wait_for_ever());
        CHECK(first.index() == 0);
        co_await query(50);
      });
    } catch (timeout_error const&) {
    }
    co_await yield_now();
  };
  CHECK(problems_when_cancelled(body, strict) == trace{});
}

TEST_CASE("a generator that opens resources, consumed under a deadline, can be cancelled everywhere", "[runtime][cancel]") {
  auto body = []() -> task<> {
    auto all = rows(4);
    int sum = 0;
    while (auto row = co_await wait_for(all.next(), 1s)) sum += *row;
    CHECK(sum == 6);
  };
  CHECK(problems_when_cancelled(body, strict) == trace{});
}

TEST_CASE("workers that share a semaphore and one of which fails can be cancelled everywhere", "[runtime][cancel]") {
  auto body = []() -> task<> {
    semaphore slots(2);
    auto worker = [&](int n) -> task<> {
      auto slot = co_await slots.hold();
      int const got = co_await query(n);
      if (got == 3) throw boom();
    };
    std::string failed;
    try {
      co_await with_task_group([&](task_group& g) {
        for (int i = 0; i < 5; ++i) g.spawn(worker, i);
      });
    } catch (exception_group const& e) {
      failed = kinds(e);
    }
    CHECK(failed == "boom");
    CHECK(slots.statistics().permits == 2);
    co_await yield_now();
  };
  CHECK(problems_when_cancelled(body, strict) == trace{});
}

TEST_CASE("nested groups with clean-up that awaits can be cancelled everywhere", "[runtime][cancel]") {
  auto body = []() -> task<> {
    counted const held;
    std::string failed;
    try {
      co_await with_task_group([](task_group& outer) -> task<> {
        outer.spawn(query, 9);
        co_await with_task_group([](task_group& inner) -> task<> {
          inner.spawn(fail_after<boom>, 2ms);
          inner.spawn(query, 9);
          co_await query(9);
        });
      });
    } catch (exception_group const& e) {
      failed = kinds(e);
    }
    CHECK(failed == "group(boom)");
    co_await yield_now();
  };
  CHECK(problems_when_cancelled(body, strict) == trace{});
}

TEST_CASE("a resource inside a resource, with a shielded last word, can be cancelled everywhere", "[runtime][cancel]") {
  auto body = []() -> task<> {
    co_await with(connection(1), [](connection&) -> task<> {
      co_await with(connection(2), [](connection& c) -> task<> {
        std::exception_ptr error;
        try {
          co_await sleep(2ms);
        } catch (...) {
          error = std::current_exception();
        }
        co_await shield(nap(1ms));
        CHECK_FALSE(c.closed);
        if (error) std::rethrow_exception(error);
      });
    });
    co_await yield_now();
  };
  CHECK(problems_when_cancelled(body, {.may_outlive = true}) == trace{});
}

TEST_CASE("a generator under as_completed inside a group can be cancelled everywhere", "[runtime][cancel]") {
  auto body = []() -> task<> {
    int const sum = co_await with_task_group([](task_group& g) -> task<int> {
      std::vector<task_handle<int>> tasks;
      for (int i = 1; i < 4; ++i) tasks.push_back(g.spawn(query, i));
      auto results = as_completed(tasks);
      int n = 0;
      while (auto r = co_await results.next()) n += r->value();
      co_return n;
    });
    CHECK(sum == 6);
  };
  CHECK(problems_when_cancelled(body, strict) == trace{});
}

TEST_CASE("the harness meets every pass of the body", "[support]") {
  std::vector<int> reached;
  auto body = [&]() -> task<> {
    int n = 0;
    try {
      for (; n < 3; ++n) co_await yield_now();
    } catch (cancelled_error const&) {
      reached.push_back(n);
      throw;
    }
  };
  CHECK(count_passes(body) == 4);
  CHECK(problems_when_cancelled(body, strict) == trace{});
  for (int n = 0; n < 3; ++n) CHECK(std::ranges::count(reached, n) >= 5);
}

TEST_CASE("the harness finds what is wrong", "[support]") {
  static std::vector<std::unique_ptr<counted>> kept;
  auto found = [](std::function<task<>()> const& body) -> std::string {
    trace const problems = problems_when_cancelled(body, strict);
    return problems.empty() ? "nothing" : problems.front();
  };
  CHECK(found([]() -> task<> {
          try {
            co_await sleep(1ms);
          } catch (cancelled_error const&) {
          }
        }).ends_with(": it ended normally although it was cancelled"));
  CHECK(found([]() -> task<> {
          try {
            co_await sleep(1ms);
          } catch (cancelled_error const&) {
            throw boom();
          }
        }).ends_with(": it failed: halka::test::boom: boom"));
  CHECK(found([]() -> task<> {
          auto lost = spawn(nap, 5ms);
          co_await yield_now();
        }).starts_with("not cancelled: left: 'Task-3'"));
  CHECK(found([]() -> task<> {
          kept.push_back(std::make_unique<counted>());
          co_await sleep(1ms);
          kept.pop_back();
        }).ends_with("1 objects are left"));
  CHECK(found([]() -> task<> {
          auto timer = get_running_loop().call_later(std::chrono::hours(9), [] {});
          co_await sleep(1ms);
        }).ends_with("timers are left"));
  CHECK(found([]() -> task<> { co_return; }) == "the body does not suspend");
  kept.clear();
}
