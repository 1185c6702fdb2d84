// SPDX-License-Identifier: MIT
// Tasks, futures, generators, resources and primitives, cancelled wherever it can be (tests/support/cancel_everywhere.hpp).
#include "../support/cancel_everywhere.hpp"

#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

constexpr cancel_rules strict{};

async_generator<counted> numbers(int n) {
  counted const held;
  for (int i = 0; i < n; ++i) {
    co_await sleep(1ms);
    counted next(i);
    co_yield next;
  }
  co_await yield_now();
}

struct resource {
  counted held;
  task<> close() {
    co_await yield_now();
    co_await sleep(1ms);
  }
};

}  // namespace

TEST_CASE("sleep can be cancelled everywhere", "[runtime][cancel]") {
  auto body = []() -> task<> {
    co_await work(1);
    co_await sleep_until(clock::now() + 1ms);
    co_await sleep(0s);
  };
  CHECK(problems_when_cancelled(body, strict) == trace{});
}

TEST_CASE("awaiting a task can be cancelled everywhere, and the task goes along", "[runtime][cancel]") {
  auto body = []() -> task<> {
    auto t = spawn(work_and_clean_up, 1, 2ms);
    int const n = co_await t;
    CHECK(n == 1);
    auto outer = spawn([]() -> task<> { co_await spawn(work, 2, 2ms); });
    co_await outer;
  };
  CHECK(problems_when_cancelled(body, strict) == trace{});
}

TEST_CASE("awaiting a future can be cancelled everywhere", "[runtime][cancel]") {
  auto body = []() -> task<> {
    counted const held;
    future<counted> f;
    auto setter = get_running_loop().call_later(2ms, [f] {
      if (!f.done()) f.set_result(counted(1));
    });
    co_await f;
    future<> direct;
    auto other = get_running_loop().call_soon([direct] {
      if (!direct.done()) direct.set_result();
    });
    co_await direct;
    setter.cancel();
  };
  // The callback that sets the future stays with the loop.
  CHECK(problems_when_cancelled(body, {.may_outlive = true}) == trace{});
}

TEST_CASE("with can be cancelled everywhere and always closes its resource", "[runtime][cancel]") {
  auto body = []() -> task<> {
    int const n = co_await with(resource(), [](resource& r) -> task<int> {
      co_await work(1);
      co_return r.held.value;
    });
    CHECK(n == 0);
    co_await yield_now();
  };
  CHECK(problems_when_cancelled(body, strict) == trace{});
}

TEST_CASE("an async generator can be cancelled everywhere", "[runtime][cancel]") {
  auto body = []() -> task<> {
    auto generator = numbers(3);
    while (auto n = co_await generator.next()) co_await yield_now();
    auto dropped = numbers(3);
    auto first = co_await dropped.next();
    CHECK(first->value == 0);
  };
  CHECK(problems_when_cancelled(body, strict) == trace{});
}

TEST_CASE("semaphores and events can be cancelled everywhere, and no permit is lost", "[runtime][cancel]") {
  auto body = []() -> task<> {
    semaphore s(1);
    event e;
    auto user = [&]() -> task<> {
      auto held = co_await s.hold();
      co_await sleep(1ms);
    };
    std::exception_ptr cancelled;
    try {
      co_await with_task_group([&](task_group& g) -> task<> {
        for (int i = 0; i < 3; ++i) g.spawn(user);
        g.spawn([&]() -> task<> { co_await e.wait(); });
        co_await s.acquire();
        e.set();
        s.release();
        co_await e.wait();
      });
    } catch (cancelled_error const&) {
      cancelled = std::current_exception();
    }
    CHECK(s.statistics().permits == 1);
    CHECK(s.statistics().waiting == 0);
    CHECK(e.statistics().waiting == 0);
    if (cancelled) std::rethrow_exception(cancelled);
  };
  CHECK(problems_when_cancelled(body, strict) == trace{});
}
