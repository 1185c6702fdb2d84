// SPDX-License-Identifier: MIT
#include "pool_state.hpp"

#include "../../io/io_backend.hpp"
#include "../../io/operation_awaiter.hpp"
#include "../../sched/event_loop.hpp"
#include "../../sched/running.hpp"
#include "../child/zygote.hpp"

#include <sys/eventfd.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <thread>
#include <utility>

namespace halka::detail {

namespace {

constexpr std::size_t most_workers = 4096;

std::size_t checked_limit(std::size_t workers) {
  if (workers == 0) return std::max(1U, std::thread::hardware_concurrency());
  if (workers > most_workers)
    throw std::invalid_argument("a process pool can have up to " + std::to_string(most_workers) + " workers, not " +
                                std::to_string(workers) + " (was it a negative number?)");
  return workers;
}

template <class Duration>
Duration checked(Duration d, char const* what) {
  if (d < Duration::zero()) throw std::invalid_argument(std::string("a process pool's ") + what + " is negative");
  return d;
}

}  // namespace

pool_state::pool_state(process_pool_options const& o)
    : io_operation(read_completed),
      runnable{nullptr, turn_came},
      timer(deadline_came),
      settings_{std::string(o.name),
                o.initializer,
                {o.memory_limit, checked(o.cpu_time_limit, "cpu_time_limit"), o.processes_limit},
                checked(o.job_deadline, "job_deadline") > o.job_deadline.zero()},
      limit_(checked_limit(o.workers)),
      max_jobs_(o.max_jobs_per_worker),
      job_deadline_(o.job_deadline) {}

pool_state::~pool_state() = default;

// -- jobs

void pool_state::bind() {
  event_loop& here = get_running_loop();
  here.check_usable();
  if (loop_ == &here && !loop_ended_) return;
  if (loop_)
    throw std::logic_error(loop_ended_ ? "the loop to which this process pool belonged has ended: make the pool where it is used"
                                       : "a process pool belongs to the loop that used it first: make one for each loop");
  io_backend::of(here);  // throws if there is none
  results_ = inner_fd(eventfd(0, EFD_CLOEXEC));
  if (!results_) throw_io_error(errno, "make a process pool");
  loop_ = &here;
  owner_ = getpid();
}

void pool_state::submit(pool_job& job) {
  if (closed_) throw std::logic_error("the process pool was shut down: it takes no more calls");
  if (broken_) std::rethrow_exception(broken_);
  bind();
  job.number_ = ++last_number_;
  job.phase_ = pool_job::phase::queued;
  queue_.push_back(job);
  loop_->outside().hold();
  schedule();
}

/// The job is out of the books; its owner has been told or wants to hear nothing.
void pool_state::ended(pool_job& job) noexcept {
  job.phase_ = pool_job::phase::ended;
  loop_->outside().unhold();
}

bool pool_state::cancel(pool_job& job) noexcept {
  switch (job.phase_) {
    case pool_job::phase::queued:
      job_list::remove(job);
      break;
    case pool_job::phase::sent:
      if (!job.worker_->take_back(job) && !stop_running(job)) return false;
      break;
    default:
      return false;
  }
  ended(job);
  schedule();
  return true;
}

void pool_state::withdraw(pool_job& job) noexcept {
  if (cancel(job) || job.phase_ != pool_job::phase::settled) return;
  job_list::remove(job);
  ended(job);
}

/// Ends a job that was begun, with its worker. False if it came to its end meanwhile, and is settled.
bool pool_state::stop_running(pool_job& job) noexcept {
  pool_worker& worker = *job.worker_;
  take_back_behind(worker, &job);  // so that nothing else is begun, and killed
  worker.collect();
  if (job.phase_ != pool_job::phase::sent) return false;
  worker.forget(job);
  worker.kill();
  return true;
}

/// The jobs of the worker behind one (all, if it is null) that were not begun go back to the front of the queue.
void pool_state::take_back_behind(pool_worker& worker, pool_job* last_kept) noexcept {
  while (pool_job* const job = worker.last()) {
    if (job == last_kept || !worker.take_back(*job)) return;
    job->phase_ = pool_job::phase::queued;
    queue_.push_front(*job);
  }
}

void pool_state::settle(pool_job& job) noexcept {
  job.phase_ = pool_job::phase::settled;
  settled_.push_back(job);
  ++(job.error_ ? counts_.failed : counts_.completed);
  failed_starts_ = 0;
}

void pool_state::fail(pool_job& job, std::exception_ptr error) noexcept {
  job.error_ = std::move(error);
  settle(job);
  schedule();
}

void pool_state::fail_queued(std::exception_ptr const& error) noexcept {
  while (pool_job* const job = queue_.front()) {
    job_list::remove(*job);
    fail(*job, error);
  }
}

void pool_state::tell_settled() noexcept {
  while (pool_job* const job = settled_.front()) {
    job_list::remove(*job);
    ended(*job);
    job->tell();
  }
}

process_pool_statistics pool_state::statistics() const noexcept {
  process_pool_statistics s = counts_;
  s.queued = queue_.size();
  for (auto const& w : workers_) {
    ++s.workers;
    s.idle += w->in_service() && w->jobs() == 0;
    s.running += w->jobs();
  }
  return s;
}

}  // namespace halka::detail
