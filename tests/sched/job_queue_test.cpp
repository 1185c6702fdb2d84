// SPDX-License-Identifier: MIT
#include <halka/sched/job_queue.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

using namespace halka;

namespace {

struct numbered final : worker_job {
  void run() noexcept override {}
  void drop(std::exception_ptr const&) noexcept override {}
  int number = 0;
};

template <std::size_t N>
std::array<numbered, N>& numbered_from_zero(std::array<numbered, N>& jobs) {
  for (std::size_t i = 0; i < N; ++i) jobs[i].number = static_cast<int>(i);
  return jobs;
}

std::vector<int> taken(job_queue& queue) {
  std::vector<int> numbers;
  while (worker_job* const job = queue.take()) numbers.push_back(static_cast<numbered*>(job)->number);
  return numbers;
}

}  // namespace

TEST_CASE("jobs are taken in the order in which they were pushed, also between takes", "[sched][threads]") {
  std::array<numbered, 5> jobs;
  numbered_from_zero(jobs);
  job_queue queue;
  CHECK_FALSE(queue.calls());
  for (std::size_t i : {0u, 1u, 2u}) CHECK(queue.push(jobs[i]));
  CHECK(queue.calls());
  CHECK(queue.take() == &jobs[0]);
  for (std::size_t i : {3u, 4u}) CHECK(queue.push(jobs[i]));
  CHECK(taken(queue) == std::vector{1, 2, 3, 4});
  CHECK_FALSE(queue.calls());
}

TEST_CASE("a closed queue refuses jobs, calls those who look, and keeps what it has unless all is taken", "[sched][threads]") {
  std::array<numbered, 4> jobs;
  numbered_from_zero(jobs);
  job_queue queue;
  for (std::size_t i : {0u, 1u, 2u}) CHECK(queue.push(jobs[i]));
  CHECK(queue.take() == &jobs[0]);
  CHECK(queue.close(false) == nullptr);
  CHECK(queue.closed());
  CHECK_FALSE(queue.push(jobs[3]));
  CHECK(queue.take() == &jobs[1]);
  CHECK(queue.calls());
  CHECK(queue.close(true) == &jobs[2]);
  CHECK(job_queue::next(jobs[2]) == nullptr);
  CHECK(queue.take() == nullptr);
  CHECK(queue.calls());
}

TEST_CASE("a job queue loses nothing while several threads push and take", "[sched][threads]") {
  constexpr int each = 20'000;
  constexpr int pushers = 2;
  std::vector<numbered> jobs(pushers * each);
  for (int i = 0; i < pushers * each; ++i) jobs[static_cast<std::size_t>(i)].number = i;
  std::vector<std::atomic<int>> seen(pushers * each);
  std::atomic<int> left = pushers * each;
  job_queue queue;
  {
    std::vector<std::jthread> threads;
    for (int p = 0; p < pushers; ++p)
      threads.emplace_back([&, p] {
        for (int i = p * each; i < (p + 1) * each; ++i) static_cast<void>(queue.push(jobs[static_cast<std::size_t>(i)]));
      });
    for (int t = 0; t < 2; ++t)
      threads.emplace_back([&] {
        while (left > 0) {
          worker_job* const job = queue.take();
          if (!job) continue;
          ++seen[static_cast<std::size_t>(static_cast<numbered*>(job)->number)];
          --left;
        }
      });
  }
  bool once = true;
  for (auto const& n : seen) once = once && n == 1;
  CHECK(once);
}

// Whoever looks and finds nothing falls asleep beside the jobs (models/worker_threads.pml, LINE_EMPTY_FOR_A_MOMENT).
TEST_CASE("a job queue with jobs in it calls at any moment, also while the stack is being put in line", "[sched][threads]") {
  constexpr std::size_t count = 20'000;  // so that putting them in line takes a while
  std::vector<numbered> jobs(count);
  job_queue queue;
  std::atomic<unsigned> epoch = 0;  // odd: there are jobs
  std::atomic<bool> finished = false;
  std::atomic<long> silent = 0, looks = 0;
  std::jthread looking([&] {
    while (!finished) {
      unsigned const before = epoch;
      bool const calls = queue.calls();
      if (before % 2 == 0 || epoch != before) continue;
      ++looks;
      if (!calls) ++silent;
    }
  });
  for (int round = 0; round < 200 || (looks == 0 && round < 20'000); ++round) {
    for (auto& job : jobs) static_cast<void>(queue.push(job));
    ++epoch;
    for (std::size_t i = 0; i < 10; ++i) static_cast<void>(queue.take());
    ++epoch;
    while (queue.take()) {
    }
  }
  finished = true;
  looking.join();
  CHECK(looks > 0);
  CHECK(silent == 0);
}
