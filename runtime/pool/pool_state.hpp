// SPDX-License-Identifier: MIT
#pragma once

// The pool behind its handle: which worker gets which job, and what becomes of jobs whose worker ends.
//
// Jobs wait in one queue. `attend` is the turn of the pool in a pass of the loop: it takes the results that are there, tells the
// tasks, gives jobs to workers, and wakes those that sleep. While there is something to do it comes again in the next pass, so that
// under load neither side makes system calls; then it asks the workers to announce the next result, and one read of an eventfd
// waits for that.
//
// A worker has several jobs at a time: what it runs, and what it will run next without having to wait for the pool. A job that was
// not begun can be taken back, so nobody waits behind a long one while another worker has nothing to do, and only the job that was
// running shares the fate of its worker.
//
// All of it belongs to one loop, the one of the first use. When that ends, so does the pool. The state outlives the handle until
// the kernel has given back what was in flight.

#include "inner_fd.hpp"
#include "pool_job.hpp"
#include "pool_worker.hpp"
#include "process_pool_options.hpp"

#include "../../io/io_operation.hpp"
#include "../../sched/clock.hpp"
#include "../../sched/export.hpp"
#include "../../sched/future.hpp"
#include "../../sched/runnable.hpp"
#include "../../sched/timer_wheel.hpp"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <vector>

namespace halka {

class zygote;

namespace detail {

class HALKA_API pool_state final : public std::enable_shared_from_this<pool_state>,
                                   private io_operation,
                                   private runnable,
                                   private timer {
 public:
  /// *Errors*: `std::invalid_argument`.
  explicit pool_state(process_pool_options const& options);
  ~pool_state();

  // -- for jobs

  /// Queues a job. *Errors*: `std::logic_error` if the pool is closed, broken, or another loop's; `std::system_error`.
  void submit(pool_job& job);
  /// The owner wants no result any more: takes the job out, and kills its worker if it was begun. False if it was settled already;
  /// it is told then, or was.
  bool cancel(pool_job& job) noexcept;
  /// The owner goes: the same, and it is not told in any case.
  void withdraw(pool_job& job) noexcept;

  std::size_t limit() const noexcept { return limit_; }

  // -- for workers

  void settle(pool_job& job) noexcept;
  void worker_ended(pool_worker& worker, int status) noexcept;
  void fail_as_lost(pool_worker& worker, pool_job& job, int status) noexcept;
  void break_down(int pid, std::string const& error) noexcept;

  // -- for the handle

  /// *Result*: a future that is set when all workers have ended.
  future<> shut_down(bool cancel_pending);
  void close() noexcept;
  process_pool_statistics statistics() const noexcept;

 private:
  void bind();
  void schedule() noexcept;
  void attend() noexcept;
  void tell_settled() noexcept;
  void dispatch() noexcept;
  pool_worker* choose() noexcept;
  std::size_t in_service() const noexcept;
  bool start_worker() noexcept;
  void share_out() noexcept;
  bool listen() noexcept;
  void take_back_behind(pool_worker& worker, pool_job* last_kept) noexcept;
  bool stop_running(pool_job& job) noexcept;
  void fail(pool_job& job, std::exception_ptr error) noexcept;
  void fail_queued(std::exception_ptr const& error) noexcept;
  void ended(pool_job& job) noexcept;
  void remove(pool_worker& worker) noexcept;
  void retire_workers() noexcept;
  void watch_deadlines() noexcept;
  void kill_overdue() noexcept;
  void loop_has_ended() noexcept;

  static void read_completed(io_operation& op);
  static void turn_came(runnable& r);
  static void deadline_came(timer& t);

  worker_settings settings_;
  std::size_t limit_;
  std::size_t max_jobs_;
  clock::duration job_deadline_;

  event_loop* loop_ = nullptr;  // of the first use
  int owner_ = -1;              // the process of the first use
  bool loop_ended_ = false;
  bool closed_ = false;     // by shut_down
  bool abandoned_ = false;  // by close
  bool scheduled_ = false;
  std::exception_ptr broken_;
  std::unique_ptr<zygote> zygote_;
  inner_fd results_;  // the eventfd that workers write
  std::uint64_t announced_ = 0;
  std::vector<std::shared_ptr<pool_worker>> workers_;
  job_list queue_;
  job_list settled_;
  message_writer out_;
  std::uint64_t last_number_ = 0;
  std::uint64_t turns_ = 0;
  std::size_t started_in_turn_ = 0;
  unsigned failed_starts_ = 0;  // workers in a row that ended before they served
  clock::time_point next_start_{};
  process_pool_statistics counts_;
  std::vector<future<>> on_end_;
  std::shared_ptr<pool_state> turn_;     // itself, while `attend` is queued
  std::shared_ptr<pool_state> reading_;  // itself, while the kernel has the read
};

}  // namespace detail

}  // namespace halka
