// SPDX-License-Identifier: MIT
// What the examples build on the primitives, in all schedules and cancelled anywhere. Each one is read into a namespace of its own,
// so what it includes is included here first.
#include "../support/captured_output.hpp"
#include "fuzzing.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace crawler_example {
#include <crawler.cpp>
}
namespace producer_consumer_example {
#include <producer_consumer.cpp>
}
namespace rate_limiter_example {
#include <rate_limiter.cpp>
}
namespace x7 {
#include <x7_rows_in_batches.cpp>
}
namespace x12 {
#include <x12_connection_pool.cpp>
}

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

TEST_CASE("the pool of demo X12 lends each connection to one task at a time and loses none", "[fuzz][example]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    x12::database db;
    {
      x12::connection_pool pool{db};
      std::set<x12::connection const*> lent;
      auto borrow = [&]() -> task<> {
        co_await dawdle(random);
        x12::lease const held(pool, co_await pool.permits.hold());
        must(lent.insert(held.used.get()).second, "a connection is lent twice");
        struct give_back {
          std::set<x12::connection const*>& from;
          x12::connection const* what;
          ~give_back() { from.erase(what); }
        } const at_the_end{lent, held.used.get()};
        co_await dawdle(random);
        if (random.one_in(5)) throw boom();
      };
      std::vector<task_handle<>> tasks;
      for (int i = 0; i < 12; ++i) tasks.push_back(spawn(borrow));
      co_await cancel_some(random, tasks);
      co_await wait(tasks);
      for (task_handle<> const& t : tasks) {
        try {
          if (!t.cancelled()) t.result();
        } catch (boom const&) {
        }
      }
      must(pool.permits.statistics().permits == 5, "a permit is lost");
      must(pool.idle.size() == static_cast<std::size_t>(db.connected), "a connection is lost");
      must(db.peak <= 5, "more connections than the database has");
    }
    must(db.connected == 0, "a connection is left");
  });
}

TEST_CASE("the rate limiter keeps its limit, and those who are cancelled take no part of it", "[fuzz][example]") {
  fuzz_body([](fuzz_random& random) -> task<> {
    constexpr std::size_t calls = 3;
    rate_limiter_example::rate_limiter limit(calls, 10ms);
    std::vector<clock::time_point> passed;
    auto call = [&]() -> task<> {
      co_await sleep(some_time(random));
      co_await limit.pass();
      passed.push_back(clock::now());
    };
    auto const begin = clock::now();
    std::vector<task_handle<>> tasks;
    for (int i = 0; i < 12; ++i) tasks.push_back(spawn(call));
    co_await cancel_some(random, tasks);
    co_await join_all(tasks);
    auto const done = std::ranges::count_if(tasks, [](task_handle<> const& t) { return !t.cancelled(); });
    must(static_cast<std::ptrdiff_t>(passed.size()) == done, "who has passed");
    for (std::size_t i = calls; i < passed.size(); ++i) must(passed[i] - passed[i - calls] >= 10ms, "too many calls at a time");
    // All had come after 4 ms.
    for (std::size_t i = 0; i < passed.size(); ++i)
      must(passed[i] <= begin + 4ms + 10ms * static_cast<int>(i / calls), "who is cancelled makes others wait");
  });
}

TEST_CASE("examples that are cancelled anywhere leave nothing", "[example][cancel]") {
  auto const crawl = []() -> task<> {
    crawler_example::crawler pretend;
    co_await pretend.crawl("/");
  };
  testing::test_options const anywhere{.cancel_everywhere = true};
  printed_by([&] {
    testing::run_test(crawl, anywhere);
    testing::run_test(producer_consumer_example::bakery, anywhere);
    testing::run_test(rate_limiter_example::ten_calls, anywhere);
    testing::run_test(x7::async_main, anywhere);
    testing::run_test(x12::async_main, anywhere);
  });
  CHECK(x7::row::held == 0);
}
