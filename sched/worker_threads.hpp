// SPDX-License-Identifier: MIT
#pragma once

// A worker without a job looks for one (awake, for a moment) or sleeps at a semaphore. At most one worker looks, which `looking_`
// says, and `sleeping_` counts those who sleep. A push wakes a sleeper only if nobody looks; whoever is being woken counts as
// looking. So a burst of jobs pays for one wake-up, and a worker that gets a job while others are in line wakes the next.
//
//   working --no job--> looking --in vain--> sleeping --woken--> looking --job--> working
//
// No job is left lying: who pushes, stops looking or goes to sleep first writes (the queue, looking_, sleeping_) and then reads
// what the others write, all of it sequentially consistent. So of two that meet, one sees the other: the pusher sees the sleeper,
// or the sleeper the job. A sender that sees a worker look relies on it, so who gives up looking and then finds a job looks again
// for the next one. models/worker_threads.pml shows it.
//
// A job counts as unfinished until it has run, and as finished before its end is told. So who submits the next job because one has
// ended finds that thread free.

#include "adaptive_spin.hpp"
#include "export.hpp"
#include "fork_watch.hpp"
#include "job_queue.hpp"

#include <semaphore.h>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace halka {

/// Counters of a pool of threads.
struct worker_statistics {
  std::size_t threads = 0;      // started
  std::size_t idle = 0;         // without a job
  std::size_t queued = 0;       // jobs that wait for a thread
  std::size_t waiting = 0;      // jobs that wait for a place in the queue
  std::size_t peak_queued = 0;  // the most that were queued
  std::uint64_t completed = 0;  // jobs that have run
};

/// Threads that take jobs from one queue, first come, first served. A thread is started when a job finds no idle one, up to the
/// limit, and then kept.
///
/// *Thread safety*: any thread.
/// *Source*: concurrent.futures.ThreadPoolExecutor.
class HALKA_API worker_threads final : private detail::fork_watcher {
 public:
  enum class when_full : unsigned char { wait, refuse };

  /// `limit` is at least 1; `name` is what the system shows (15 characters). `initializer` runs first in every thread; if it
  /// throws, the pool is broken: all jobs are dropped and none is accepted. `queue_limit` is how many jobs may be queued, 0 for any
  /// number.
  worker_threads(std::size_t limit, std::string const& name, std::function<void()> initializer = {}, std::size_t queue_limit = 0);
  /// Closes the pool and waits for all jobs. On one of its own threads it ends the program: it would wait for itself.
  ~worker_threads();
  worker_threads(worker_threads const&) = delete;
  worker_threads& operator=(worker_threads const&) = delete;

  /// A job for which the queue has no place waits behind it.
  ///
  /// *Errors*: `std::logic_error` when closed, and in the child of a fork; `std::runtime_error` when broken; `queue_full` if there
  /// is no place and it shall not wait; `std::system_error` if there is no thread and none can be started. The job is then still
  /// the caller's.
  void submit(worker_job& job, when_full full = when_full::wait);

  /// Accepts no more jobs; with `drop_queued`, drops those that have not begun. When the last thread has ended its work, it calls
  /// `on_end`; with no thread left that happens at once, here.
  void close(bool drop_queued, std::function<void()> on_end = {});

  /// Waits for all threads of a closed pool. Not from a worker thread.
  void join();

  /// The most threads; the most queued jobs, 0 for any number.
  std::size_t limit() const noexcept { return limit_; }
  std::size_t queue_limit() const noexcept { return queue_limit_; }
  bool closed() const noexcept { return queue_.closed(); }
  worker_statistics statistics() const;
  /// Whether the calling thread is one of these.
  bool on_own_thread() const noexcept;

 private:
  /// What a thread knows about itself.
  struct worker {
    adaptive_spin spin;
    bool looks = false;
    bool initialized = false;
  };

  void forked() noexcept override { forked_ = true; }
  void work();
  bool initialize(worker& self) noexcept;
  void wait(worker& self) noexcept;
  bool look(worker& self) noexcept;
  void wake_somebody() noexcept;
  bool take_sleeper() noexcept;
  void start_thread();
  [[noreturn]] void refuse() const;
  worker_job* shut(bool drop_queued) noexcept;
  void drop(worker_job* jobs, std::exception_ptr const& why) noexcept;
  void note_queued(std::size_t unfinished) noexcept;

  std::size_t const limit_;
  std::size_t const queue_limit_;
  std::string const name_;
  std::function<void()> const initializer_;
  sem_t wake_;
  bool forked_ = false;  // the threads are in the parent

  job_queue queue_;
  alignas(64) std::atomic<std::uint64_t> submitted_ = 0;  // apart: written by those who submit, and by the workers
  std::atomic<bool> looking_ = false;
  std::atomic<unsigned> sleeping_ = 0;

  alignas(64) std::atomic<std::uint64_t> finished_ = 0;  // run or dropped
  std::atomic<std::uint64_t> dropped_ = 0;

  alignas(64) std::atomic<std::size_t> started_ = 0;
  std::atomic<std::size_t> peak_queued_ = 0;
  mutable std::mutex mutex_;  // guards what follows
  std::mutex joining_;        // threads_ is not changed any more then
  std::vector<std::thread> threads_;
  std::vector<std::function<void()>> on_end_;
  std::exception_ptr broken_;
  std::size_t working_threads_ = 0;
  bool closing_ = false;
};

}  // namespace halka
