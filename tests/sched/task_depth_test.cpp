// SPDX-License-Identifier: MIT
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

task<long> sum_down(long n) {
  if (n == 0) co_return 0;
  long const below = co_await sum_down(n - 1);
  co_return below + n;
}

task<long> wait_below(long n) {
  if (n == 0) {
    co_await yield_now();
    co_return 0;
  }
  co_return co_await wait_below(n - 1) + 1;
}

task<long> fail_below(long n) {
  if (n == 0) throw boom();
  co_return co_await fail_below(n - 1) + 1;
}

task<int> ready(int i) { co_return i; }

constexpr long million = 1'000'000;

}  // namespace

TEST_CASE("a million nested awaits do not overflow the stack", "[sched][task][depth]") {
  long const sum = halka::run(sum_down(million));
  CHECK(sum == million * (million + 1) / 2);
}

TEST_CASE("a million nested coroutines that suspend at the bottom come back up", "[sched][task][depth]") {
  CHECK(halka::run(wait_below(million)) == million);
}

TEST_CASE("an exception passes through a hundred thousand nested coroutines", "[sched][task][depth]") {
  CHECK(kind_thrown([] { halka::run(fail_below(100'000)); }) == "boom");
}

TEST_CASE("a million awaits in a loop that are all ready do not overflow the stack", "[sched][task][depth]") {
  long const sum = halka::run([]() -> task<long> {
    long total = 0;
    for (int i = 0; i < million; ++i) {
      int const value = co_await ready(i);
      total += value;
    }
    co_return total;
  });
  CHECK(sum == million * (million - 1) / 2);
}

TEST_CASE("a coroutine that is cancelled a hundred thousand levels deep unwinds all of them", "[sched][task][depth]") {
  run_virtual([]() -> task<> {
    auto t = create_task(wait_below(100'000));
    co_await yield_now();
    t.cancel();
    std::string ending = "none";
    try {
      co_await t;
    } catch (cancelled_error const&) {
      ending = "cancelled";
    }
    CHECK(ending == "cancelled");
  });
}

TEST_CASE("tasks that start each other eagerly do not overflow the stack", "[sched][task][depth]") {
  run_virtual([]() -> task<> {
    int begun = 0;
    auto chain = [&begun](auto const& self, int left) -> task<> {
      ++begun;
      if (left > 0) create_task(self(self, left - 1), {.eager_start = true});
      co_return;
    };
    create_task(chain(chain, 100'000), {.eager_start = true});
    for (int i = 0; i < 100'000 && begun < 100'001; ++i) co_await yield_now();
    CHECK(begun == 100'001);
  });
}

TEST_CASE("a task whose awaits are always done does not keep timers and other tasks from running", "[sched][task][depth]") {
  bool others_ran = false;
  run_virtual([&]() -> task<> {
    future<int> done;
    done.set_result(1);
    get_running_loop().call_soon([&] { others_ran = true; });
    for (int i = 0; i < 10'000 && !others_ran; ++i) co_await done;
    CHECK(others_ran);
  });
}
