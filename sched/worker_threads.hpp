// SPDX-License-Identifier: MIT
#pragma once

#include "export.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace halka {

/// Work for a thread. It is a link of the queue it waits in.
class worker_job {
 public:
  /// Does the work; called once, on a worker thread. Whoever made the job learns of its end from here.
  virtual void run() noexcept = 0;
  /// Called instead of `run` when the work is dropped before it began; on the thread that drops it.
  virtual void drop() noexcept = 0;

 protected:
  worker_job() = default;
  virtual ~worker_job() = default;
  worker_job(worker_job const&) = delete;
  worker_job& operator=(worker_job const&) = delete;

 private:
  friend class worker_threads;
  worker_job* next_ = nullptr;
};

/// Counters of a pool of threads.
struct worker_statistics {
  std::size_t threads = 0;
  std::size_t idle = 0;
  std::size_t queued = 0;
  std::uint64_t completed = 0;
};

/// Threads that take jobs from one queue, first come, first served. A thread is started when a job finds no idle one, up to the
/// limit, and then kept.
///
/// *Thread safety*: any thread.
/// *Source*: concurrent.futures.ThreadPoolExecutor.
class HALKA_API worker_threads {
 public:
  /// `limit` is at least 1; `name` is what the system shows (15 characters); `initializer` runs first in every thread and must not
  /// throw.
  worker_threads(std::size_t limit, std::string const& name, std::function<void()> initializer = {});
  /// Closes the pool and waits for all jobs.
  ~worker_threads();
  worker_threads(worker_threads const&) = delete;
  worker_threads& operator=(worker_threads const&) = delete;

  /// *Errors*: `std::logic_error` when closed; `std::system_error` if there is no thread and none can be started. The job is then
  /// still the caller's.
  void submit(worker_job& job);

  /// Accepts no more jobs; with `drop_queued`, drops those that have not begun. When the last thread has ended its work, it calls
  /// `on_end`; with no thread left that happens at once, here.
  void close(bool drop_queued, std::function<void()> on_end = {});

  /// Waits for all threads of a closed pool. Not from a worker thread.
  void join();

  bool closed() const;
  worker_statistics statistics() const;

 private:
  void work();
  worker_job* take_queued() noexcept;

  std::size_t const limit_;
  std::string const name_;
  std::function<void()> const initializer_;
  mutable std::mutex mutex_;  // guards everything below
  std::condition_variable wake_;
  std::vector<std::thread> threads_;
  worker_job* first_ = nullptr;
  worker_job* last_ = nullptr;
  worker_statistics statistics_;
  std::size_t working_threads_ = 0;
  std::vector<std::function<void()>> on_end_;
  bool closed_ = false;
};

}  // namespace halka
