// SPDX-License-Identifier: MIT
#include "../support/fixture.hpp"
#include "function_job.hpp"

#include <halka/sched/worker_threads.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <pthread.h>
#include <algorithm>
#include <atomic>
#include <csignal>
#include <deque>
#include <functional>
#include <latch>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace halka;
using namespace halka::test;

namespace {

std::string thread_name() {
  char name[16] = {};
  pthread_getname_np(pthread_self(), name, sizeof name);
  return name;
}

}  // namespace

TEST_CASE("one worker thread runs its jobs first come, first served", "[sched][threads]") {
  std::vector<int> log;
  std::deque<function_job> jobs;
  worker_threads workers(1, "test");
  for (int i = 0; i < 100; ++i) workers.submit(jobs.emplace_back([&log, i] { log.push_back(i); }));
  workers.close(false);
  workers.join();
  CHECK(log.size() == 100);
  CHECK(std::ranges::is_sorted(log));
  CHECK(std::ranges::all_of(jobs, [](auto const& j) { return j.runs == 1 && j.drops == 0; }));
  auto const s = workers.statistics();
  CHECK(s.threads == 1);
  CHECK(s.completed == 100);
  CHECK(s.queued == 0);
}

TEST_CASE("as many jobs as the limit says run at once, and no more threads are started", "[sched][threads]") {
  constexpr int limit = 3;
  std::latch all_run(limit);
  std::deque<function_job> jobs;
  worker_threads workers(limit, "test");
  // None of these ends before all of them have begun.
  for (int i = 0; i < limit; ++i) workers.submit(jobs.emplace_back([&] { all_run.arrive_and_wait(); }));
  for (int i = 0; i < 20; ++i) workers.submit(jobs.emplace_back([] {}));
  workers.close(false);
  workers.join();
  CHECK(workers.statistics().threads == limit);
  CHECK(workers.statistics().completed == limit + 20);
}

TEST_CASE("a thread that is idle is used before another is started", "[sched][threads]") {
  std::deque<function_job> jobs;
  worker_threads workers(8, "test");
  for (std::uint64_t i = 0; i < 20; ++i) {
    workers.submit(jobs.emplace_back([] {}));
    while (workers.statistics().completed <= i || workers.statistics().idle == 0) std::this_thread::yield();
  }
  CHECK(workers.statistics().threads == 1);
}

TEST_CASE("a limit of zero means one thread", "[sched][threads]") {
  std::deque<function_job> jobs;
  worker_threads workers(0, "test");
  workers.submit(jobs.emplace_back([] {}));
  workers.close(false);
  workers.join();
  CHECK(jobs[0].runs == 1);
}

TEST_CASE("a closed pool refuses jobs, and the refused job is still the caller's", "[sched][threads]") {
  function_job job([] {});
  worker_threads workers(1, "test");
  CHECK_FALSE(workers.closed());
  workers.close(false);
  CHECK(workers.closed());
  CHECK(kind_thrown([&] { workers.submit(job); }) == "logic_error");
  CHECK(job.runs == 0);
  CHECK(job.drops == 0);
}

TEST_CASE("close drops the jobs that have not begun only when it is asked to", "[sched][threads]") {
  bool const drop = GENERATE_COPY(false, true);
  std::latch begun(1);
  std::latch go_on(1);
  function_job first([&] {
    begun.count_down();
    go_on.wait();
  });
  function_job second([] {});
  worker_threads workers(1, "test");
  workers.submit(first);
  begun.wait();
  workers.submit(second);
  workers.close(drop);
  CHECK(second.drops == (drop ? 1 : 0));
  go_on.count_down();
  workers.join();
  CHECK(first.runs == 1);
  CHECK(second.runs == (drop ? 0 : 1));
}

TEST_CASE("each on_end is called once, when the last thread has ended its work, or at once without threads", "[sched][threads]") {
  std::atomic<int> ended = 0;
  std::latch begun(2);
  std::latch go_on(1);
  std::deque<function_job> jobs;
  {
    worker_threads workers(2, "test");
    for (int i = 0; i < 2; ++i)
      workers.submit(jobs.emplace_back([&] {
        begun.count_down();
        go_on.wait();
      }));
    begun.wait();
    workers.close(false, [&] {
      CHECK((jobs[0].runs == 1 && jobs[1].runs == 1));
      ++ended;
    });
    workers.close(false, [&] { ended += 100; });
    CHECK(ended == 0);
    go_on.count_down();
    workers.join();
    CHECK(ended == 101);
  }
  CHECK(ended == 101);

  worker_threads never_used(2, "test");
  never_used.close(false, [&] { ++ended; });
  CHECK(ended == 102);
}

TEST_CASE("the destructor of a pool waits for all jobs", "[sched][threads]") {
  std::deque<function_job> jobs;
  {
    worker_threads workers(2, "test");
    for (int i = 0; i < 50; ++i) workers.submit(jobs.emplace_back([] { std::this_thread::yield(); }));
  }
  CHECK(std::ranges::all_of(jobs, [](auto const& j) { return j.runs == 1; }));
}

TEST_CASE("worker threads have a name, run their initializer first and take no signals", "[sched][threads]") {
  thread_local bool initialized = false;
  std::string name;
  bool was_initialized = false;
  bool blocked = false;
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  {
    worker_threads workers(1, "a name that is far too long", [] { initialized = true; });
    function_job job([&] {
      name = thread_name();
      was_initialized = initialized;
      sigset_t now;
      pthread_sigmask(SIG_SETMASK, nullptr, &now);
      blocked = sigismember(&now, SIGINT) == 1 && sigismember(&now, SIGTERM) == 1;
    });
    workers.submit(job);
    workers.close(false);
    workers.join();
  }
  CHECK(name == "a name that is ");
  CHECK(was_initialized);
  CHECK(blocked);
  CHECK_FALSE(initialized);
  sigset_t after_it;
  pthread_sigmask(SIG_SETMASK, nullptr, &after_it);
  CHECK(sigismember(&after_it, SIGINT) == sigismember(&before, SIGINT));
}
