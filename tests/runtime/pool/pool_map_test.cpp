// SPDX-License-Identifier: MIT
#include "../../support/pool_fixture.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <csignal>
#include <list>
#include <memory>
#include <numeric>
#include <ranges>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

int square(int x) { return x * x; }
void nap(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }
int divide(int x) {
  if (x == 0) throw std::domain_error("division by zero");
  return 120 / x;
}

std::vector<int> up_to(int n) {
  std::vector<int> numbers(static_cast<std::size_t>(n));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}
std::vector<int> squares_up_to(int n) {
  std::vector<int> squares = up_to(n);
  for (int& x : squares) x *= x;
  return squares;
}

}  // namespace

TEST_CASE("map yields the results in the order of the range, whatever the chunks", "[process][pool][map]") {
  int const chunk = GENERATE(0, 1, 6, 40, 50);
  run_with_pools([&]() -> task<> {
    process_pool pool({.workers = 2});
    std::vector<int> const numbers = up_to(40);
    map_options options;
    if (chunk > 0) options.chunk_size = chunk;
    std::vector<int> const squares = co_await pool.map(square, numbers, options);
    CHECK(squares == squares_up_to(40));
  });
}

TEST_CASE("map takes any range, also one whose length is not known, and elements of any type", "[process][pool][map]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 2});
    std::vector<int> const none;
    std::vector<int> const nothing = co_await pool.map(square, none);
    CHECK(nothing.empty());
    CHECK(pool.statistics().started == 0);
    std::list<std::string> const words{"a", "bb", "ccc"};
    std::vector<std::size_t> const lengths = co_await pool.map([](std::string const& s) { return s.size(); }, words);
    CHECK(lengths == std::vector<std::size_t>{1, 2, 3});
    auto odd = std::views::iota(0, 3000) | std::views::filter([](int x) { return x % 2 == 1; });
    std::vector<int> const squares = co_await pool.map(square, odd);
    CHECK(squares.size() == 1500);
    CHECK(squares.back() == 2999 * 2999);
    std::vector<bool> const even = co_await pool.map([](int x) { return x % 2 == 0; }, std::views::iota(0, 5));
    CHECK(even == std::vector<bool>{true, false, true, false, true});
    auto const owned = co_await pool.map([](int x) { return std::make_unique<int>(x); }, std::views::iota(0, 5));
    CHECK(*owned[4] == 4);
  });
}

TEST_CASE("map of a function without a result only waits", "[process][pool][map]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 2});
    std::vector<int> const naps(6, 1);
    using awaited = await_result_t<decltype(pool.map(nap, naps))>;
    STATIC_CHECK(std::is_void_v<awaited>);
    co_await pool.map(nap, naps);
    CHECK(pool.statistics().completed == 6);
  });
}

TEST_CASE("the first element that fails decides what map throws, and the rest is dropped", "[process][pool][map]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 2});
    std::vector<int> numbers(100, 5);
    numbers[40] = 0;
    numbers[41] = 0;
    std::string text = co_await thrown_by(pool.map(divide, numbers, {.chunk_size = 3}));
    CHECK_THAT(text, ContainsSubstring("std::domain_error: division by zero"));
    // The element that fails soonest is not the first one of the range.
    auto const fail_late = [](int i) {
      if (i == 0) nap(100);
      if (i < 2) throw boom("element " + std::to_string(i));
      return i;
    };
    text = co_await thrown_by(pool.map(fail_late, std::views::iota(0, 100), {.chunk_size = 1}));
    CHECK_THAT(text, ContainsSubstring("element 0"));
    text = co_await thrown_by(pool.map([](int i) { return i == 30 ? std::raise(SIGKILL) : i; }, std::views::iota(0, 60)));
    CHECK_THAT(text, ContainsSubstring("worker_died") && ContainsSubstring("SIGKILL"));
    CHECK(pool.statistics().queued == 0);
    CHECK(pool.statistics().running == 0);
    std::vector<int> const squares = co_await pool.map(square, up_to(40));
    CHECK(squares == squares_up_to(40));
  });
}

TEST_CASE("map takes from the range only as results come", "[process][pool][map]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 1});
    int taken = 0;
    auto const endless = std::views::iota(0) | std::views::transform([&](int i) { return taken = i; });
    auto const mapping = spawn([&]() -> task<> { co_await pool.map([](int) { nap(2); }, endless, {.chunk_size = 1}); });
    for (int before = 0; before < 20; before = taken) {
      co_await sleep(1ms);
      std::uint64_t const completed = pool.statistics().completed;
      if (static_cast<std::uint64_t>(taken) > completed + 6) FAIL("too much was taken: " << taken << " after " << completed);
    }
    mapping.cancel();
    co_await settle();
    CHECK(mapping.cancelled());
  });
}

TEST_CASE("what a range throws ends the map", "[process][pool][map]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 1});
    int const bad = GENERATE(0, 2, 50);
    auto const numbers =
        std::views::iota(0, 100) | std::views::transform([bad](int i) { return i == bad ? throw boom("bad element") : i; });
    std::string const text = co_await thrown_by(pool.map(square, numbers, {.chunk_size = 1}));
    CHECK_THAT(text, ContainsSubstring("bad element"));
    CHECK(pool.statistics().queued == 0);
  });
}

TEST_CASE("a hundred thousand calls, one for each chunk, all return", "[process][pool][map]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 2});
    auto const turn = [](int x) { return x ^ 0x5a5a; };
    std::vector<int> const turned = co_await pool.map(turn, std::views::iota(0, 100'000), {.chunk_size = 1});
    bool right = turned.size() == 100'000;
    for (int i = 0; right && i < 100'000; ++i) right = turned[static_cast<std::size_t>(i)] == turn(i);
    CHECK(right);
    CHECK(pool.statistics().completed == 100'000);
  });
}
