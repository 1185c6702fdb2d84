// SPDX-License-Identifier: MIT
#include "../../support/captured_output.hpp"
#include "../../support/pool_fixture.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

int square(int x) { return x * x; }
int own_pid() { return getpid(); }

int calls_in_this_process = 0;
int count_calls() { return ++calls_in_this_process; }

struct point {
  int x = 0;
  int y = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(x, y);
  }
};

/// Throws when it is written or read, if it is told to.
struct touchy {
  touchy() = default;
  explicit touchy(std::string w) : when(std::move(w)) {}
  std::string when;
  void save(message_writer& out) const {
    if (when == "write") throw boom("cannot be written");
    out(when);
  }
  void load(message_reader& in) {
    in(when);
    if (when == "read") throw boom("cannot be read");
  }
};
touchy make_touchy(std::string when) { return touchy(std::move(when)); }
int take_touchy(touchy) { return 1; }

}  // namespace

TEST_CASE("functions and lambdas without captures run in a worker, which is kept for the next call", "[process][pool]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 4});
    int const squared = co_await pool.submit(square, 12);
    CHECK(squared == 144);
    std::string const text = co_await pool.submit([](std::string const& a, int n) { return a + std::to_string(n); }, "no. ", 5);
    CHECK(text == "no. 5");
    int const first = co_await pool.submit(own_pid);
    int const second = co_await pool.submit(own_pid);
    CHECK(first != getpid());
    CHECK(first == second);
    calls_in_this_process = 100;
    int const calls = co_await pool.submit(count_calls);
    CHECK(calls == 1);  // it has memory of its own, as before main
    CHECK(pool.statistics().started == 1);
    CHECK(pool.statistics().completed == 5);
    CHECK(pool.statistics().idle == 1);
    co_await pool.shutdown();
    CHECK(pool.statistics().workers == 0);
    co_await until_ended(first);
  });
}

TEST_CASE("arguments and results are values of any type that can be sent, also such that can only be moved", "[process][pool]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 1});
    auto const turn = [](point p) { return point{p.y, p.x}; };
    point const turned = co_await pool.submit(turn, point{1, 2});
    CHECK(turned.x == 2);
    auto owned = std::make_unique<int>(7);
    std::unique_ptr<int> const back =
        co_await pool.submit([](std::unique_ptr<int> p) { return std::make_unique<int>(*p + 1); }, std::move(owned));
    CHECK(*back == 8);
    std::map<std::string, std::vector<double>> const table{{"a", {1, 2.5}}, {"b", {}}};
    auto const same = co_await pool.submit([](std::map<std::string, std::vector<double>> m) { return m; }, table);
    CHECK(same == table);
    co_await pool.submit([](bool) {}, true);
  });
}

TEST_CASE("an exception comes back with its type, its text and where it was thrown, and the worker lives", "[process][pool]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 1});
    int const pid = co_await pool.submit(own_pid);
    try {
      co_await pool.submit([](int n) -> int { throw std::out_of_range("no " + std::to_string(n)); }, 3);
      FAIL("nothing was thrown");
    } catch (remote_error const& e) {
      CHECK(e.type_name() == "std::out_of_range");
      CHECK(e.message() == "no 3");
    }
    int const after = co_await pool.submit(own_pid);
    CHECK(after == pid);
    CHECK(pool.statistics().failed == 1);
  });
}

TEST_CASE("what cannot be written or read fails its own call only, on either side", "[process][pool]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 1});
    int const pid = co_await pool.submit(own_pid);
    std::string const error_1 = co_await thrown_by(pool.submit(take_touchy, touchy("write")));
    CHECK_THAT(error_1, ContainsSubstring("boom: cannot be written"));
    std::string const error_2 = co_await thrown_by(pool.submit(take_touchy, touchy("read")));
    CHECK_THAT(error_2, StartsWith("halka::remote_error"));
    std::string const error_3 = co_await thrown_by(pool.submit(make_touchy, "write"));
    CHECK_THAT(error_3, StartsWith("halka::remote_error"));
    std::string const error_4 = co_await thrown_by(pool.submit(make_touchy, "read"));
    CHECK_THAT(error_4, ContainsSubstring("boom: cannot be read"));
    int const after = co_await pool.submit(own_pid);
    CHECK(after == pid);
  });
}

TEST_CASE("what a call prints is there before its result, and once", "[process][pool]") {
  run_with_pools([]() -> task<> {
    std::string text;
    std::printf("before ");  // in the buffer of this process when workers start
    captured_output const out(1);
    process_pool pool({.workers = 2});
    co_await pool.submit([] { std::printf("one\n"); });
    text = out.text();
    CHECK(text == "one\n");
    co_await pool.submit([] { std::printf("two\n"); });
    co_await pool.shutdown();
    CHECK(out.text() == "one\ntwo\n");
    std::fflush(stdout);
  });
}

TEST_CASE("the loop goes on while workers compute, and several compute at a time", "[process][pool]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 2});
    auto const nap = [](int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); };
    co_await gather(pool.submit(nap, 1), pool.submit(nap, 1));
    int ticks = 0;
    auto const ticker = spawn([&]() -> task<> {
      while (true) {
        co_await sleep(1ms);
        ++ticks;
      }
    });
    auto const begin = clock::now();
    co_await gather(pool.submit(nap, 300), pool.submit(nap, 300));
    CHECK(clock::now() - begin < 590ms);  // wall time: that they overlap is the point
    CHECK(ticks > 20);
    ticker.cancel();
  });
}

TEST_CASE("a pool refuses what makes no sense, and what comes too late", "[process][pool]") {
  CHECK_THROWS_AS(process_pool({.workers = static_cast<std::size_t>(-1)}), std::invalid_argument);
  CHECK_THROWS_AS(process_pool({.workers = 1, .cpu_time_limit = -1s}), std::invalid_argument);
  CHECK_THROWS_AS(process_pool({.workers = 1, .job_deadline = -1ms}), std::invalid_argument);
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 1});
    std::vector<int> const numbers(1);
    CHECK_THROWS_AS(pool.map(square, numbers, {.chunk_size = 0}), std::invalid_argument);
    co_await pool.shutdown();
    co_await pool.shutdown();  // harmless
    std::string const error_5 = co_await thrown_by(pool.submit(square, 1));
    CHECK_THAT(error_5, ContainsSubstring("was shut down"));
    std::string const error_6 = co_await thrown_by(pool.map(square, numbers));
    CHECK_THAT(error_6, ContainsSubstring("was shut down"));
    process_pool other = std::move(pool);
    CHECK_THROWS_AS(pool.statistics(), std::logic_error);  // NOLINT(bugprone-use-after-move)
  });
}

TEST_CASE("a pool may be made before the loop, belongs to the loop of its first use, and outlives it harmlessly",
          "[process][pool]") {
  process_pool pool({.workers = 1});
  int pid = 0;
  halka::run([&]() -> task<> { pid = co_await pool.submit(own_pid); });
  halka::run([&]() -> task<> {
    co_await until_ended(pid);  // the end of its loop killed it
    std::string const error_7 = co_await thrown_by(pool.submit(own_pid));
    CHECK_THAT(error_7, ContainsSubstring("has ended"));
  });
}

TEST_CASE("a live pool does not keep run from ending", "[process][pool]") {
  run_with_pools([]() -> task<> {
    static process_pool* left = nullptr;
    left = new process_pool({.workers = 1});
    co_await left->submit(square, 1);
    auto const hopeless = spawn([]() -> task<> { co_await left->submit([] { std::this_thread::sleep_for(60s); }); });
    co_await sleep(5ms);
    co_await spawn([]() -> task<> {
      delete left;
      co_return;
    });
    co_await settle();
    CHECK(hopeless.done());
    CHECK(hopeless.cancelled());
  });
}

TEST_CASE("workers are replaced after so many jobs, and no result is lost", "[process][pool]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 2, .max_jobs_per_worker = 3});
    std::vector<int> const numbers(30, 0);
    std::vector<int> const pids = co_await pool.map([](int) { return getpid(); }, numbers, {.chunk_size = 1});
    CHECK(pids.size() == 30);
    std::map<int, int> jobs;
    for (int const pid : pids) ++jobs[pid];
    CHECK(jobs.size() >= 10);
    for (auto const& [pid, count] : jobs) CHECK(count <= 3);
    CHECK(pool.statistics().died == 0);
    co_await pool.shutdown();
    CHECK(pool.statistics().workers == 0);
  });
}

TEST_CASE("no job waits behind a long one while another worker is idle", "[process][pool]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 2});
    auto const nap = [](int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); };
    co_await gather(pool.submit(nap, 1), pool.submit(nap, 1));
    int quick = 0;
    auto const begin = clock::now();
    std::vector<task_handle<>> all;
    auto const one = [&](int ms) -> task<> {
      co_await pool.submit(nap, ms);
      if (ms < 100) ++quick;
    };
    all.push_back(spawn(one, 2000));
    for (int i = 0; i < 20; ++i) all.push_back(spawn(one, 5));
    while (quick < 20) co_await sleep(2ms);
    CHECK(clock::now() - begin < 1500ms);  // wall time: half of them were queued behind the long one
    for (auto const& t : all) t.cancel();
  });
}

TEST_CASE("a virtual clock stands still while a call is under way", "[process][pool][virtual]") {
  run_with_pools([]() -> task<> { co_return; });
  halka::testing::run_test([]() -> task<> {
    process_pool pool({.workers = 1});
    auto const begin = clock::now();
    co_await pool.submit([] { std::this_thread::sleep_for(20ms); });
    CHECK(clock::now() == begin);
    co_await sleep(1h);
    CHECK(clock::now() == begin + 1h);
  });
}
