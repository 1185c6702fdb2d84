// SPDX-License-Identifier: MIT
// Process pools. Real processes and the real clock; the bounds on time are generous, so that a loaded machine does not fail them.
#include "../support/pool_fixture.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cmath>
#include <numeric>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

int square(int x) { return x * x; }
int own_pid() { return getpid(); }
int power(int base, int exponent) { return static_cast<int>(std::lround(std::pow(base, exponent))); }
void nap(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

struct value_error : std::runtime_error {
  using runtime_error::runtime_error;
};
void fail_in_worker(std::string const& what, int n) { throw value_error(what + ", " + std::to_string(n)); }

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

/// Its writer, or its reader, refuses.
struct unsendable {
  void save(message_writer&) const { throw boom("cannot be serialised"); }
  void load(message_reader&) {}
};

int x = 0;

}  // namespace

TEST_CASE("submit runs a function with arguments in another process, and workers run in parallel",
          "[case][PROC-01][process][pool]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 2});
    int const r = co_await pool.submit(power, 2, 8);
    CHECK(r == 256);
    std::vector<int> const twenty(20);
    std::vector<int> const pids = co_await pool.map([](int) { return getpid(); }, twenty);
    std::set<int> const distinct(pids.begin(), pids.end());
    CHECK_FALSE(distinct.contains(getpid()));
    CHECK((distinct.size() == 1 || distinct.size() == 2));
    co_await gather(pool.submit(nap, 1), pool.submit(nap, 1));
    auto const begin = clock::now();
    co_await gather(pool.submit(nap, 200), pool.submit(nap, 200));
    CHECK(clock::now() - begin < 350ms);
  });
}

TEST_CASE("an exception comes back with its type, its text and the place of its throw; the pool stays usable",
          "[case][PROC-02][process][pool]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 2});
    try {
      co_await pool.submit(fail_in_worker, "bad", 3);
      FAIL("nothing was thrown");
    } catch (remote_error const& e) {
      CHECK_THAT(std::string(e.type_name()), ContainsSubstring("value_error"));
      CHECK(e.message() == "bad, 3");
      if (!detail::sanitized) CHECK_THAT(std::string(e.traceback()), ContainsSubstring("fail_in_worker"));
    }
    int const squared = co_await pool.submit(square, 4);
    CHECK(squared == 16);
  });
}

TEST_CASE("a value that cannot be sent fails its own call, on either side; the pool stays usable",
          "[case][PROC-05][process][pool]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 1});
    std::string const argument = co_await thrown_by(pool.submit([](unsendable const&) {}, unsendable()));
    CHECK_THAT(argument, ContainsSubstring("cannot be serialised"));
    std::string const result = co_await thrown_by(pool.submit([] { return unsendable(); }));
    CHECK_THAT(result, ContainsSubstring("cannot be serialised"));
    int const squared = co_await pool.submit(square, 3);
    CHECK(squared == 9);
  });
}

TEST_CASE("a queued call that is cancelled never runs; halka also ends one that runs, with its worker",
          "[case][PROC-06][process][pool]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 1});
    std::vector<task_handle<int>> calls;
    for (int i = 0; i < 5; ++i)
      calls.push_back(spawn([&]() -> task<int> {
        co_return co_await pool.submit([] {
          nap(60);
          return ++x;
        });
      }));
    co_await sleep(20ms);
    CHECK(calls.back().cancel());
    int const squared = co_await pool.submit(square, 5);
    CHECK(squared == 25);
    CHECK(calls.back().cancelled());
    int const& last = calls[3].result();
    CHECK(last == 4);  // the fifth was not made
    int const runs = co_await pool.submit([] { return x; });
    CHECK(runs == 4);
  });
}

TEST_CASE("shutdown finishes what is queued, or drops it; later calls are refused", "[case][PROC-07][process][pool]") {
  run_with_pools([]() -> task<> {
    {
      process_pool pool({.workers = 2});
      std::vector<task_handle<>> naps;
      for (int i = 0; i < 10; ++i) naps.push_back(spawn([&]() -> task<> { co_await pool.submit(nap, 20); }));
      co_await yield_now();
      co_await pool.shutdown();
      for (auto const& n : naps) CHECK((n.done() && !n.cancelled()));
    }
    process_pool pool({.workers = 2});
    std::vector<task_handle<>> naps;
    for (int i = 0; i < 40; ++i) naps.push_back(spawn([&]() -> task<> { co_await pool.submit(nap, 50); }));
    co_await sleep(60ms);
    co_await pool.shutdown({.cancel_pending = true});
    int cancelled = 0, finished = 0;
    for (auto const& n : naps) {
      REQUIRE(n.done());
      ++(n.cancelled() ? cancelled : finished);
    }
    CHECK(cancelled > 20);
    CHECK(finished >= 1);
    CHECK(cancelled + finished == 40);
    std::string const refused = co_await thrown_by(pool.submit(square, 1));
    CHECK_THAT(refused, ContainsSubstring("std::logic_error"));
  });
}

TEST_CASE("map keeps the order whatever the chunks; an error comes at its position; a timeout goes around it",
          "[case][PROC-08][process][pool]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 2});
    std::vector<int> const numbers = up_to(40);
    for (std::ptrdiff_t const chunk : {1, 6, 40, 50}) {
      std::vector<int> const squares = co_await pool.map(square, numbers, {.chunk_size = chunk});
      CHECK(squares == squares_up_to(40));
    }
    for (std::ptrdiff_t const chunk : {0, -1})
      CHECK_THROWS_AS(pool.map(square, numbers, {.chunk_size = chunk}), std::invalid_argument);
    std::vector<int> divisors(4);
    for (int i = 0; i < 4; ++i) divisors[static_cast<std::size_t>(i)] = (i + 2) % 4;  // 2, 3, 0, 1
    auto const divide = [](int d) { return d == 0 ? throw std::domain_error("division by zero") : 1 / d; };
    std::string const error = co_await thrown_by(pool.map(divide, divisors));
    CHECK_THAT(error, ContainsSubstring("division by zero"));
    std::vector<int> naps(3);
    naps[2] = 60'000;
    auto const begin = clock::now();
    std::string const late = co_await thrown_by(wait_for(pool.map(nap, naps), 300ms));
    CHECK_THAT(late, ContainsSubstring("timeout_error"));
    CHECK(clock::now() - begin >= 300ms);
    CHECK(clock::now() - begin < 30s);
  });
}

TEST_CASE("the initializer runs once in every worker; one that fails breaks the pool", "[case][PROC-09][process][pool]") {
  run_with_pools([]() -> task<> {
    {
      process_pool pool({.workers = 2, .initializer = [] { x += 7; }});
      std::vector<int> const many(50);
      std::vector<int> const seen = co_await pool.map([](int) { return x; }, many, {.chunk_size = 1});
      CHECK(std::set<int>(seen.begin(), seen.end()) == std::set<int>{7});
    }
    process_pool pool({.workers = 2, .initializer = [] { throw boom("no database"); }});
    for (int i = 0; i < 2; ++i) {
      std::string const broken = co_await thrown_by(pool.submit(square, 1));
      CHECK_THAT(broken, ContainsSubstring("std::logic_error") && ContainsSubstring("no database"));
    }
  });
}

TEST_CASE("map, lazily and in any order, errors, and an end with work queued that takes no time",
          "[case][PROC-12][process][pool]") {
  run_with_pools([]() -> task<> {
    CHECK_THROWS_AS(process_pool({.workers = static_cast<std::size_t>(-1)}), std::invalid_argument);
    process_pool pool({.workers = 2});
    std::vector<int> const squares = co_await pool.map(square, up_to(10));
    CHECK(squares == squares_up_to(10));
    std::vector<int> const more = co_await pool.map(square, up_to(1000), {.chunk_size = 100});
    CHECK(more == squares_up_to(1000));
    std::vector<int> const none;
    std::vector<int> const nothing = co_await pool.map(square, none);
    CHECK(nothing.empty());

    std::vector<task_handle<int>> unordered;
    for (int i = 0; i < 10; ++i)
      unordered.push_back(spawn([&pool, i]() -> task<int> { co_return co_await pool.submit(square, i); }));
    std::multiset<int> seen;
    auto done = as_completed(unordered);
    while (auto result = co_await done.next()) seen.insert(result->value());
    CHECK(std::vector<int>(seen.begin(), seen.end()) == squares_up_to(10));

    std::vector<task_handle<>> naps;
    for (int i = 0; i < 1000; ++i) naps.push_back(spawn([&]() -> task<> { co_await pool.submit(nap, 10'000); }));
    co_await sleep(10ms);
    auto const begin = clock::now();
    pool = process_pool({.workers = 2});  // the old one goes
    co_await settle();
    for (auto const& n : naps) REQUIRE(n.cancelled());
    CHECK(clock::now() - begin < 2s);
    co_await pool.shutdown();
    std::string const refused = co_await thrown_by(pool.submit(own_pid));
    CHECK_THAT(refused, ContainsSubstring("std::logic_error"));
  });
}
