// SPDX-License-Identifier: MIT
#include "../../support/cancel_everywhere.hpp"
#include "../../support/pool_fixture.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <csignal>
#include <fstream>
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
void nap(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }
[[noreturn]] void hang() {
  while (true) std::this_thread::sleep_for(1h);
}

/// Every process starts two more, until the system refuses; all of them stay.
[[noreturn]] void multiply(std::string const& file, int depth) {
  std::ofstream(file, std::ios::app) << std::to_string(getpid()) + "\n" << std::flush;
  for (int i = 0; i < 2 && depth > 0; ++i) {
    int const pid = fork();
    if (pid != 0) continue;
    if (depth % 2 == 0) setsid();  // leaves the group, too
    multiply(file, depth - 1);
  }
  hang();
}

std::set<int> pids_in(std::string const& file) {
  std::set<int> pids;
  std::ifstream in(file);
  for (int pid = 0; in >> pid;) pids.insert(pid);
  return pids;
}

}  // namespace

TEST_CASE("cancelling a call that runs kills its worker at once, and the next call gets another", "[process][pool][cancel]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 1});
    int const pid = co_await pool.submit(own_pid);
    auto const begin = clock::now();
    std::string const text = co_await thrown_by(wait_for(pool.submit(hang), 20ms));
    CHECK_THAT(text, ContainsSubstring("timeout_error"));
    CHECK(clock::now() - begin < 10s);
    co_await until_ended(pid);
    int const other = co_await pool.submit(own_pid);
    CHECK(other != pid);
    CHECK(pool.statistics().died == 0);  // it was killed on purpose
    CHECK(pool.statistics().started == 2);
  });
}

TEST_CASE("a call that waits behind another one is cancelled without harm to that", "[process][pool][cancel]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 1});
    int const pid = co_await pool.submit(own_pid);
    auto const first = spawn([&]() -> task<int> { co_return co_await pool.submit([] { return nap(50), getpid(); }); });
    auto const made = [&]() -> task<> { co_await pool.submit([] { std::raise(SIGKILL); }); };
    auto const second = spawn(made);
    auto const third = spawn(made);
    co_await sleep(10ms);
    CHECK(second.cancel());
    CHECK(third.cancel());
    int const& same = co_await first;
    CHECK(same == pid);
    CHECK(second.cancelled());
    CHECK(third.cancelled());
    CHECK(pool.statistics().started == 1);
  });
}

TEST_CASE("calls behind one that is killed are made by another worker", "[process][pool][cancel]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 1});
    auto const hanging = spawn([&]() -> task<> { co_await pool.submit(hang); });
    std::vector<task_handle<int>> others;
    for (int i = 0; i < 10; ++i) others.push_back(spawn([&pool, i]() -> task<int> { co_return co_await pool.submit(square, i); }));
    co_await sleep(10ms);
    hanging.cancel();
    for (int i = 0; i < 10; ++i) {
      int const& squared = co_await others[static_cast<std::size_t>(i)];
      CHECK(squared == i * i);
    }
  });
}

TEST_CASE("a call that runs longer than the deadline of the pool is killed, one that waited that long is not",
          "[process][pool][cancel]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 1, .initializer = [] { nap(300); }, .job_deadline = 150ms});
    co_await pool.submit(square, 1);  // waits for the initializer, which is no call
    std::vector<task_handle<>> naps;
    for (int i = 0; i < 4; ++i) naps.push_back(spawn([&]() -> task<> { co_await pool.submit(nap, 60); }));
    for (auto const& n : naps) co_await n;  // the last one waited for 180 ms
    auto const begin = clock::now();
    std::string const text = co_await thrown_by(pool.submit(nap, 60'000));
    CHECK_THAT(text, ContainsSubstring("timeout_error") && ContainsSubstring("nap(int) ran for more than 150 ms"));
    CHECK(clock::now() - begin >= 150ms);
    CHECK(clock::now() - begin < 30s);
    int const squared = co_await pool.submit(square, 5);
    CHECK(squared == 25);
  });
}

TEST_CASE("submit can be cancelled anywhere, and leaves nothing", "[process][pool][cancel]") {
  run_with_pools([]() -> task<> { co_return; });
  auto const body = []() -> task<> {
    process_pool pool({.workers = 1});
    int const squared = co_await pool.submit(square, 3);
    if (squared != 9) throw boom();
    co_await pool.submit(nap, 1);
    co_await pool.shutdown();
  };
  std::size_t const before = open_descriptors();
  CHECK(problems_when_cancelled(body) == trace());
  CHECK(open_descriptors() == before);
}

TEST_CASE("map can be cancelled anywhere, and leaves nothing", "[process][pool][cancel]") {
  run_with_pools([]() -> task<> { co_return; });
  auto const body = []() -> task<> {
    process_pool pool({.workers = 2});
    std::vector<int> const numbers(40, 2);
    std::vector<int> const squares = co_await pool.map(square, numbers, {.chunk_size = 3});
    if (squares != std::vector<int>(40, 4)) throw boom();
  };
  std::size_t const before = open_descriptors();
  CHECK(problems_when_cancelled(body) == trace());
  CHECK(open_descriptors() == before);
}

TEST_CASE("calls that are cancelled in any moment of a busy pool do not disturb the others", "[process][pool][cancel]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 2});
    int done = 0, cancelled = 0;
    auto const call = [&](int i) -> task<> {
      try {
        int const squared = co_await pool.submit(square, i);
        if (squared == i * i) ++done;
      } catch (cancelled_error const&) {
        ++cancelled;
        throw;
      }
    };
    std::vector<task_handle<>> all;
    for (int i = 0; i < 2000; ++i) {
      all.push_back(spawn(call, i));
      if (i % 3 == 0) all[static_cast<std::size_t>(i * 7 % (i + 1))].cancel();
      if (i % 16 == 0) co_await yield_now();
    }
    for (auto const& t : all) {
      try {
        co_await t;
      } catch (cancelled_error const&) {
      }
    }
    CHECK(done > 0);
    CHECK(pool.statistics().queued == 0);
    CHECK(pool.statistics().running == 0);
    CHECK(pool.statistics().failed == 0);
    int const squared = co_await pool.submit(square, 9);
    CHECK(squared == 81);
  });
}

TEST_CASE("all that a cancelled call has started is gone with it, also what left its group", "[process][pool][cancel]") {
  run_with_pools([]() -> task<> {
    auto const folder = co_await fs::temporary_directory();
    std::string const file = folder.path() + "/pids";
    process_pool pool({.workers = 1});
    auto const bomb = spawn([&]() -> task<> { co_await pool.submit(multiply, file, 5); });
    while (pids_in(file).size() < 63) co_await sleep(2ms);
    bomb.cancel();
    co_await until_all_ended(pids_in(file));
    int const squared = co_await pool.submit(square, 9);
    CHECK(squared == 81);
  });
}

TEST_CASE("shutdown finishes what is queued, or drops it; a destroyed pool cancels all", "[process][pool][cancel]") {
  run_with_pools([]() -> task<> {
    std::vector<task_handle<>> all;
    {
      process_pool pool({.workers = 1});
      for (int i = 0; i < 4; ++i) all.push_back(spawn([&]() -> task<> { co_await pool.submit(nap, 5); }));
      co_await sleep(1ms);
      co_await pool.shutdown();
      for (auto const& t : all) CHECK(t.done());
      for (auto const& t : all) CHECK_FALSE(t.cancelled());
    }
    all.clear();
    {
      process_pool pool({.workers = 1});
      co_await pool.submit(square, 1);
      for (int i = 0; i < 4; ++i) all.push_back(spawn([&]() -> task<> { co_await pool.submit(nap, 50); }));
      co_await sleep(10ms);
      co_await pool.shutdown({.cancel_pending = true});
      int cancelled = 0;
      for (auto const& t : all) cancelled += t.cancelled();
      CHECK(cancelled == 3);
    }
    all.clear();
    int pid = 0;
    {
      process_pool pool({.workers = 1});
      pid = co_await pool.submit(own_pid);
      for (int i = 0; i < 4; ++i) all.push_back(spawn([&]() -> task<> { co_await pool.submit(hang); }));
      co_await sleep(1ms);
    }
    co_await settle();
    for (auto const& t : all) CHECK(t.cancelled());
    co_await until_ended(pid);
  });
}

TEST_CASE("a shutdown that is cancelled leaves the pool closed, and another one waits for the same end",
          "[process][pool][cancel]") {
  run_with_pools([]() -> task<> {
    process_pool pool({.workers = 1});
    auto const napping = spawn([&]() -> task<> { co_await pool.submit(nap, 60); });
    co_await sleep(5ms);
    std::string const text = co_await thrown_by(wait_for(pool.shutdown(), 1ms));
    CHECK_THAT(text, ContainsSubstring("timeout_error"));
    std::string const refused = co_await thrown_by(pool.submit(square, 1));
    CHECK_THAT(refused, ContainsSubstring("was shut down"));
    co_await pool.shutdown();
    CHECK(napping.done());
    CHECK(pool.statistics().workers == 0);
  });
}
