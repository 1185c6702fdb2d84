// SPDX-License-Identifier: MIT
#pragma once

// Jobs on their way to worker threads: a stack onto which any thread pushes without a lock. Who takes and finds nothing in line
// takes the stack whole and turns it round, so jobs are taken in the order in which they were pushed. Those who take share a lock.

#include "export.hpp"

#include <atomic>
#include <exception>
#include <mutex>

namespace halka {

/// Work for a thread. It is a link of the queue it waits in.
class worker_job {
 public:
  /// Does the work; called once, on a worker thread.
  virtual void run() noexcept = 0;
  /// Called after `run`, when the pool has counted it and knows the job no more: tells whoever waits. The job may be gone then.
  virtual void report() noexcept {}
  /// Called instead of `run` and `report` when the work is dropped before it began, with the reason; on the thread that drops it.
  virtual void drop(std::exception_ptr const& why) noexcept = 0;

 protected:
  worker_job() = default;
  virtual ~worker_job() = default;
  worker_job(worker_job const&) = delete;
  worker_job& operator=(worker_job const&) = delete;

 private:
  friend class job_queue;
  worker_job* next_ = nullptr;
};

/// A queue of jobs from many threads to many threads.
///
/// *Thread safety*: any thread.
class HALKA_API job_queue {
 public:
  job_queue() = default;
  job_queue(job_queue const&) = delete;
  job_queue& operator=(job_queue const&) = delete;

  /// False if the queue is closed.
  [[nodiscard]] bool push(worker_job& job) noexcept;
  /// The next job; null if there is none.
  worker_job* take() noexcept;
  /// Whether there is a job, or the queue is closed: a reason to look. It is true also while the stack is being put in line.
  bool calls() const noexcept { return newest_.load() != nullptr || oldest_.load() != nullptr; }

  /// Refuses jobs from now on. With `take_all`, what is left is taken: a list for `next`.
  worker_job* close(bool take_all) noexcept;
  bool closed() const noexcept { return newest_.load() == closed_mark(); }
  static worker_job* next(worker_job const& job) noexcept { return job.next_; }

 private:
  /// An address that no job has.
  worker_job* closed_mark() const noexcept {
    return reinterpret_cast<worker_job*>(const_cast<std::atomic<worker_job*>*>(&newest_));
  }
  void put_in_line(worker_job* newest) noexcept;

  alignas(64) std::atomic<worker_job*> newest_ = nullptr;  // the stack; closed_mark() when closed, which happens under the lock
  alignas(64) std::mutex line_;
  std::atomic<worker_job*> oldest_ = nullptr;  // those in line, the next one first; written under the lock
};

}  // namespace halka
