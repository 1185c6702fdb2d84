// SPDX-License-Identifier: MIT
// A pool's queue and its limit, long maps, a broken initializer, misuse. Real threads, the real loop; no test sleeps.
#include "../support/cancel_everywhere.hpp"
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <list>
#include <memory>
#include <ranges>
#include <semaphore>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

using namespace halka;
using namespace halka::test;

namespace {

/// Keeps the one thread of a pool busy.
struct blocked_pool {
  explicit blocked_pool(std::size_t queue_limit) : pool({.threads = 1, .queue_limit = queue_limit}) {}

  task<> block() {
    blocking = spawn([this]() -> task<> {
      co_await pool.submit([this] {
        begun = true;
        go_on.acquire();
      });
    });
    while (!begun) co_await yield_now();
  }

  thread_pool pool;
  task_handle<> blocking;
  std::atomic<bool> begun = false;
  std::binary_semaphore go_on{0};
};

}  // namespace

TEST_CASE("more calls than the queue takes wait for a place, and are made in order", "[thread][pool]") {
  run_real([]() -> task<> {
    blocked_pool blocked(3);
    co_await blocked.block();
    std::vector<int> log;
    std::vector<task_handle<>> calls;
    for (int i = 0; i < 8; ++i)
      calls.push_back(spawn([&, i]() -> task<> { co_await blocked.pool.submit([&log, i] { log.push_back(i); }); }));
    co_await settle();
    CHECK(blocked.pool.statistics().queued == 3);
    CHECK(blocked.pool.statistics().waiting == 5);
    blocked.go_on.release();
    co_await gather(std::move(calls));
    CHECK(log == std::vector{0, 1, 2, 3, 4, 5, 6, 7});
    CHECK(blocked.pool.statistics().peak_queued == 3);
    CHECK(blocked.pool.statistics().queued == 0);
    CHECK(blocked.pool.statistics().waiting == 0);
    co_await blocked.pool.shutdown();
    CHECK(blocked.pool.statistics().completed == 9);
  });
}

TEST_CASE("submit_nowait throws queue_full when the queue has no place, and makes the call otherwise", "[thread][pool]") {
  run_real([]() -> task<> {
    blocked_pool blocked(1);
    co_await blocked.block();
    auto queued = spawn([&]() -> task<int> { co_return co_await blocked.pool.submit_nowait([] { return 1; }); });
    co_await settle();
    std::string thrown;
    try {
      co_await blocked.pool.submit_nowait([] { return 2; });
    } catch (queue_full const&) {
      thrown = "queue_full";
    }
    CHECK(thrown == "queue_full");
    blocked.go_on.release();
    int const value = co_await queued;
    CHECK(value == 1);
    co_await blocked.blocking;
    int const later = co_await blocked.pool.submit_nowait([] { return 3; });
    CHECK(later == 3);
    co_await blocked.pool.shutdown();
  });
}

TEST_CASE("a call that is cancelled while it waits for a place is not made, and those behind it are", "[thread][pool][cancel]") {
  run_real([]() -> task<> {
    blocked_pool blocked(1);
    co_await blocked.block();
    std::vector<int> log;
    std::vector<task_handle<>> calls;
    for (int i = 0; i < 4; ++i)
      calls.push_back(spawn([&, i]() -> task<> { co_await blocked.pool.submit([&log, i] { log.push_back(i); }); }));
    co_await settle();
    calls[2].cancel();
    co_await settle();
    CHECK(calls[2].cancelled());
    blocked.go_on.release();
    co_await gather(calls[0], calls[1], calls[3]);
    CHECK(log == std::vector{0, 1, 3});
    co_await blocked.pool.shutdown();
  });
}

TEST_CASE("shutting down makes the calls that wait for a place too, or drops them all", "[thread][pool]") {
  for (bool const drop : {false, true}) {
    run_real([&]() -> task<> {
      blocked_pool blocked(1);
      co_await blocked.block();
      std::atomic<int> made = 0;
      std::vector<task_handle<>> calls;
      for (int i = 0; i < 5; ++i) calls.push_back(spawn([&]() -> task<> { co_await blocked.pool.submit([&] { ++made; }); }));
      co_await settle();
      auto const closing = create_task(blocked.pool.shutdown({.cancel_pending = drop}));
      co_await settle();
      blocked.go_on.release();
      auto const outcomes = co_await gather(return_exceptions, calls);
      co_await closing;
      auto const cancelled =
          std::ranges::count_if(outcomes, [](auto const& o) { return kind(o.exception()) == "cancelled_error"; });
      CHECK(made == (drop ? 0 : 5));
      CHECK(cancelled == (drop ? 5 : 0));
      CHECK(blocked.pool.statistics().completed == (drop ? 1u : 6u));
    });
  }
}

TEST_CASE("an initializer that throws breaks the pool: every call fails and says why", "[thread][pool][PROC-09]") {
  run_real([]() -> task<> {
    thread_pool pool({.threads = 2, .initializer = [] { throw boom("no database"); }});
    trace log;
    for (int i = 0; i < 2; ++i) {
      try {
        co_await pool.submit([] {});
      } catch (std::runtime_error const& e) {
        log.push_back(e.what());
      }
    }
    std::string const broken = "thread pool: its initializer failed: halka::test::boom: no database";
    CHECK(log == trace{broken, broken});
    co_await pool.shutdown();
  });
}

TEST_CASE("map makes the elements of a long range as it goes", "[thread][pool]") {
  run_real([]() -> task<> {
    thread_pool pool({.threads = 2, .queue_limit = 3});
    int made = 0;
    int called = 0;
    int most_ahead = 0;
    auto numbers = std::views::iota(0, 2000) | std::views::transform([&](int i) {
                     ++made;
                     most_ahead = std::max(most_ahead, made - called);
                     return i;
                   });
    auto const count = [&](int x) {
      call_in_loop([&called] { ++called; });
      return std::make_unique<int>(x);
    };
    auto const results = co_await pool.map(count, numbers);
    CHECK(results.size() == 2000);
    bool in_order = true;
    for (std::size_t i = 0; i < results.size(); ++i) in_order = in_order && *results[i] == static_cast<int>(i);
    CHECK(in_order);
    CHECK(most_ahead <= 6);
    CHECK(pool.statistics().waiting == 0);
    co_await pool.shutdown();
  });
}

TEST_CASE("map takes ranges of any kind: arrays, streams, what cannot be copied, elements that are moved", "[thread][pool]") {
  run_real([]() -> task<> {
    thread_pool pool({.threads = 2});
    auto const twice = [](int x) { return 2 * x; };
    int const array[] = {1, 2, 3};
    std::vector<int> const of_array = co_await pool.map(twice, array);
    CHECK(of_array == std::vector{2, 4, 6});
    std::istringstream text("4 5 6");
    std::vector<int> const of_stream = co_await pool.map(twice, std::views::istream<int>(text));
    CHECK(of_stream == std::vector{8, 10, 12});
    std::vector<std::unique_ptr<int>> pointers;
    pointers.push_back(std::make_unique<int>(7));
    auto const value_of = [](std::unique_ptr<int> const& p) { return p ? *p : 0; };
    auto const moved = std::ranges::subrange(std::make_move_iterator(pointers.begin()), std::make_move_iterator(pointers.end()));
    std::vector<int> const of_moved = co_await pool.map(value_of, moved);
    CHECK(of_moved == std::vector{7});
    std::vector<bool> const flags = co_await pool.map([](int x) { return x > 1; }, std::list<int>(2, 2));
    CHECK(flags == std::vector<bool>{true, true});
    std::atomic<int> sum = 0;
    auto const nothing = co_await pool.map([&](int x) { sum += x; }, of_array);
    CHECK(nothing.size() == 3);
    CHECK(sum == 12);
    co_await pool.shutdown();
  });
}

TEST_CASE("a pool cannot be shut down from one of its own threads", "[thread][pool]") {
  run_real([]() -> task<> {
    thread_pool pool({.threads = 1});
    auto const inside = [&] { return kind_thrown([&] { halka::run(pool.shutdown()); }); };
    std::string const thrown = co_await pool.submit(inside);
    CHECK(thrown == "logic_error");
    int const still = co_await pool.submit([] { return 1; });
    CHECK(still == 1);
    co_await pool.shutdown();
  });
}

TEST_CASE("a loop and a pool that were busy use no processor time when nothing comes", "[thread][pool]") {
  // Wall time, because idleness is what it is about: both look for a while, then they sleep.
  run_real([]() -> task<> {
    thread_pool pool({.threads = 2});
    for (int i = 0; i < 5000; ++i) co_await pool.submit([] {});
    auto const cpu = std::clock();
    co_await sleep(std::chrono::milliseconds(300));
    double const used = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
    CHECK(used < 0.05);
    co_await pool.shutdown();
  });
}

TEST_CASE("a program may submit and map under cancellation at every await", "[thread][pool][cancel]") {
  auto const made = std::make_shared<int>(0);
  {
    thread_pool pool({.threads = 2});
    auto const program = [&]() -> task<> {
      auto const keep = [made](int) { return made; };
      auto const one = co_await pool.submit(keep, 1);
      std::vector<int> const numbers{1, 2, 3, 4, 5};
      auto const all = co_await pool.map(keep, numbers);
      CHECK(all.size() == 5);
    };
    CHECK(problems_when_cancelled(program) == trace{});
  }
  CHECK(made.use_count() == 1);
}
