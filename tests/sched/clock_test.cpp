// SPDX-License-Identifier: MIT
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <limits>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

using seconds_in_double = std::chrono::duration<double>;
using seconds_in_float = std::chrono::duration<float>;

TEST_CASE("a duration of any unit becomes nanoseconds, rounded up", "[sched][clock]") {
  CHECK(to_clock_duration(2s) == 2'000'000'000ns);
  CHECK(to_clock_duration(-3ms) == -3'000'000ns);
  CHECK(to_clock_duration(0h) == 0ns);
  CHECK(to_clock_duration(seconds_in_double(0.5)) == 500ms);
  CHECK(to_clock_duration(seconds_in_float(0.25f)) == 250ms);
  using picoseconds = std::chrono::duration<std::int64_t, std::pico>;
  CHECK(to_clock_duration(picoseconds(1)) == 1ns);
  CHECK(to_clock_duration(picoseconds(1001)) == 2ns);
  CHECK(to_clock_duration(picoseconds(-1)) == 0ns);
}

TEST_CASE("a duration too large for the clock saturates", "[sched][clock]") {
  constexpr auto most = clock::duration::max();
  constexpr auto least = clock::duration::min();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  CHECK(to_clock_duration(std::chrono::hours::max()) == most);
  CHECK(to_clock_duration(std::chrono::hours::min()) == least);
  CHECK(to_clock_duration(seconds_in_double(1e30)) == most);
  CHECK(to_clock_duration(seconds_in_double(-1e30)) == least);
  CHECK(to_clock_duration(seconds_in_double(infinity)) == most);
  CHECK(to_clock_duration(seconds_in_double(-infinity)) == least);
  CHECK(to_clock_duration(most) == most);
  CHECK(to_clock_duration(std::chrono::years(292)) < most);
  CHECK(to_clock_duration(std::chrono::years(293)) == most);
}

TEST_CASE("a duration that is not a number is refused", "[sched][clock]") {
  double const nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(kind_thrown([&] { to_clock_duration(seconds_in_double(nan)); }) == "invalid_argument");
  CHECK(kind_thrown([&] { static_cast<void>(sleep(seconds_in_double(nan))); }) == "invalid_argument");
  run_virtual([&]() -> task<> {
    CHECK(kind_thrown([&] { get_running_loop().call_later(seconds_in_double(nan), [] {}); }) == "invalid_argument");
    CHECK(get_running_loop().statistics().timers == 0);
    co_return;
  });
}

TEST_CASE("a time point plus a duration saturates at both ends", "[sched][clock]") {
  clock::time_point const now(1000s);
  CHECK(after(now, 5s) == clock::time_point(1005s));
  CHECK(after(now, -5s) == clock::time_point(995s));
  CHECK(after(now, clock::duration::max()) == never);
  CHECK(after(now, std::chrono::hours::max()) == never);
  CHECK(after(never, 1ns) == never);
  CHECK(after(never, -1ns) == never - 1ns);
  clock::time_point const before_zero(-1000s);
  CHECK(after(before_zero, 5s) == clock::time_point(-995s));
  CHECK(after(before_zero, clock::duration::max()) == clock::time_point(clock::duration::max() - 1000s));
  CHECK(after(before_zero, clock::duration::min()) == clock::time_point::min());
  CHECK(after(clock::time_point::min(), -1ns) == clock::time_point::min());
}

TEST_CASE("inside a loop the clock is the loop's, outside it is monotonic", "[sched][clock]") {
  auto const before = clock::monotonic();
  CHECK(clock::now() >= before);
  run_virtual([]() -> task<> {
    CHECK(clock::now() == clock::time_point(1000s));
    CHECK(get_running_loop().time() == clock::now());
    co_await sleep(1h);
    CHECK(clock::now() == clock::time_point(1000s + 1h));
  });
  CHECK(clock::now() < clock::monotonic() + 1s);
}

TEST_CASE("a sleep that never ends waits without a timer, and can be cancelled", "[sched][clock][sleep]") {
  run_virtual([]() -> task<> {
    auto for_ever = spawn([]() -> task<> { co_await sleep(std::chrono::hours::max()); });
    auto until_never = spawn([]() -> task<> { co_await sleep_until(never); });
    co_await yield_now();
    CHECK(get_running_loop().statistics().timers == 0);
    co_await sleep(1h);
    CHECK_FALSE(for_ever.done());
    CHECK_FALSE(until_never.done());
    for_ever.cancel();
    until_never.cancel();
    co_await settle();
    CHECK(for_ever.cancelled());
    CHECK(until_never.cancelled());
  });
}

TEST_CASE("sleep_until sleeps up to its deadline, and for one pass when it has passed", "[sched][clock][sleep]") {
  run_virtual([]() -> task<> {
    auto const begin = clock::now();
    co_await sleep_until(begin + 3s);
    CHECK(clock::now() == begin + 3s);
    auto const passes = get_running_loop().statistics().passes;
    co_await sleep_until(begin);
    CHECK(clock::now() == begin + 3s);
    CHECK(get_running_loop().statistics().passes == passes + 1);
  });
}

TEST_CASE("the duration of a sleep counts from its co_await", "[sched][clock][sleep]") {
  run_virtual([]() -> task<> {
    auto const begin = clock::now();
    auto later = sleep(1s);
    co_await sleep(5s);
    co_await std::move(later);
    CHECK(clock::now() == begin + 6s);
  });
}
