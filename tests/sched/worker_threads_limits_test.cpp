// SPDX-License-Identifier: MIT
// What a pool does when it cannot do all: no thread, no place in the queue, a broken initializer; and that no job is left lying.
#include "../support/fixture.hpp"
#include "function_job.hpp"

#include <halka/sched/worker_threads.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <pthread.h>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <latch>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

using namespace halka;
using namespace halka::test;

TEST_CASE("an initializer that throws breaks the pool: its jobs are dropped with the reason, and more are refused",
          "[sched][threads]") {
  std::latch all_submitted(1);
  std::deque<function_job> jobs;
  worker_threads workers(2, "test", [&] {
    all_submitted.wait();
    throw boom("no database");
  });
  for (int i = 0; i < 3; ++i) workers.submit(jobs.emplace_back([] {}));
  all_submitted.count_down();
  while (!workers.closed()) std::this_thread::yield();
  function_job late([] {});
  std::string refused;
  try {
    workers.submit(late);
  } catch (std::runtime_error const& e) {
    refused = e.what();
  }
  CHECK(refused == "thread pool: its initializer failed: halka::test::boom: no database");
  workers.close(false);
  workers.join();
  for (auto const& job : jobs) {
    CHECK(job.runs == 0);
    CHECK(job.drops == 1);
    CHECK(kind(job.reason) == "runtime_error");
  }
  CHECK(workers.statistics().completed == 0);
  CHECK(workers.statistics().queued == 0);
}

TEST_CASE("a pool that cannot start a thread says so, and goes on with fewer if it has some", "[sched][threads]") {
  struct impossible_stacks {
    pthread_attr_t before;
    impossible_stacks() {
      pthread_getattr_default_np(&before);
      pthread_attr_t huge;
      pthread_attr_init(&huge);
      pthread_attr_setstacksize(&huge, std::size_t{1} << 47);
      pthread_setattr_default_np(&huge);
      pthread_attr_destroy(&huge);
    }
    ~impossible_stacks() {
      pthread_setattr_default_np(&before);
      pthread_attr_destroy(&before);
    }
  };
  std::latch begun(1);
  std::latch go_on(1);
  function_job first([&] {
    begun.count_down();
    go_on.wait();
  });
  function_job second([] {});
  worker_threads workers(2, "test");
  {
    impossible_stacks const none;
    std::string refused;
    try {
      workers.submit(first);
    } catch (std::system_error const& e) {
      refused = e.what();
    }
    CHECK(refused == "thread pool: cannot start a thread: Resource temporarily unavailable");
    CHECK(workers.statistics().queued == 0);
  }
  workers.submit(first);
  begun.wait();
  {
    impossible_stacks const none;
    workers.submit(second);
    CHECK(workers.statistics().threads == 1);
    CHECK(workers.statistics().queued == 1);
  }
  go_on.count_down();
  workers.close(false);
  workers.join();
  CHECK(second.runs == 1);
}

TEST_CASE("a queue limit makes jobs wait behind the queue, or refuses them", "[sched][threads]") {
  std::latch begun(1);
  std::latch go_on(1);
  std::vector<int> log;
  std::deque<function_job> jobs;
  worker_threads workers(1, "test", {}, 2);
  workers.submit(jobs.emplace_back([&] {
    begun.count_down();
    go_on.wait();
  }));
  begun.wait();
  for (int i = 1; i <= 4; ++i) workers.submit(jobs.emplace_back([&log, i] { log.push_back(i); }));
  CHECK(workers.statistics().queued == 2);
  CHECK(workers.statistics().waiting == 2);
  CHECK(workers.statistics().peak_queued == 2);
  function_job refused([] {});
  CHECK(kind_thrown([&] { workers.submit(refused, worker_threads::when_full::refuse); }) == "queue_full");
  go_on.count_down();
  workers.close(false);
  workers.join();
  CHECK(log == std::vector{1, 2, 3, 4});
  CHECK(refused.runs + refused.drops == 0);
  CHECK(workers.statistics().completed == 5);
  CHECK(workers.statistics().waiting == 0);
}

TEST_CASE("a job counts as completed before its end is told, so that the next one finds the thread free", "[sched][threads]") {
  struct telling_job final : worker_job {
    void run() noexcept override {}
    void report() noexcept override {
      completed = workers->statistics().completed;
      told.release();
    }
    void drop(std::exception_ptr const&) noexcept override {}
    worker_threads* workers = nullptr;
    std::uint64_t completed = 0;
    std::binary_semaphore told{0};
  };
  worker_threads workers(8, "test");
  std::deque<telling_job> jobs;
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    telling_job& job = jobs.emplace_back();
    job.workers = &workers;
    workers.submit(job);
    job.told.acquire();
    if (job.completed != i) FAIL("told before it was counted");
  }
  CHECK(workers.statistics().threads == 1);
  CHECK(workers.statistics().idle == 1);
}

TEST_CASE("no job is left lying when several threads submit and workers fall asleep between", "[sched][threads]") {
  int const submitters = GENERATE(1, 3);
  constexpr int each = 10'000;
  std::deque<function_job> jobs;
  std::atomic<int> runs = 0;
  for (int i = 0; i < submitters * each; ++i) jobs.emplace_back([&] { ++runs; });
  worker_threads workers(3, "test");
  {
    std::vector<std::jthread> threads;
    for (int s = 0; s < submitters; ++s)
      threads.emplace_back([&, s] {
        for (int i = 0; i < each; ++i) {
          function_job& job = jobs[static_cast<std::size_t>(s * each + i)];
          workers.submit(job);
          // One alone waits for every job, several for every second one: a wake-up that is lost never ends.
          if (submitters == 1 || i % 2 == 0)
            for (int looks = 0; job.runs == 0; ++looks)
              if (looks > 1000) std::this_thread::yield();
        }
      });
  }
  workers.close(false);
  workers.join();
  CHECK(runs == submitters * each);
}

TEST_CASE("jobs that wait for each other all get a thread, although a burst wakes only one", "[sched][threads]") {
  constexpr int limit = 4;
  worker_threads workers(limit, "test");
  for (int round = 0; round < 200; ++round) {
    std::latch all_run(limit);
    std::latch ended(limit);
    std::deque<function_job> jobs;
    for (int i = 0; i < limit; ++i)
      workers.submit(jobs.emplace_back([&] {
        all_run.arrive_and_wait();
        ended.count_down();
      }));
    ended.wait();
    for (auto const& job : jobs)
      while (!job.reported) std::this_thread::yield();
  }
  CHECK(workers.statistics().threads == limit);
}
