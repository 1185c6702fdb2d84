// SPDX-License-Identifier: MIT
// How a pool's workers end, and the pool itself.
#include "pool_state.hpp"

#include "worker_died.hpp"

#include "../../io/io_backend.hpp"
#include "../../sched/errors.hpp"
#include "../../sched/event_loop.hpp"
#include "../child/zygote.hpp"

#include <unistd.h>
#include <algorithm>
#include <stdexcept>
#include <utility>

namespace halka::detail {

namespace {

constexpr unsigned most_failed_starts = 3;

}  // namespace

void pool_state::remove(pool_worker& worker) noexcept {
  std::erase_if(workers_, [&](auto const& w) { return w.get() == &worker; });
}

void pool_state::fail_as_lost(pool_worker& worker, pool_job& job, int status) noexcept {
  std::string during = "while it ran " + job.name();
  if (worker.is_garbled()) during += ", because it wrote garbage into the memory that it shares with the pool";
  worker.forget(job);
  fail(job, std::make_exception_ptr(worker_died(worker.pid(), status, during, worker.last_lines())));
}

void pool_state::worker_ended(pool_worker& worker, int status) noexcept {
  bool const expected = worker.was_told_to_end();
  if (!expected) ++counts_.died;
  worker_stage const reached = worker.stage();
  // The first job has been begun, or was not; those behind it were not.
  pool_job* const first = worker.front();
  take_back_behind(worker, first);
  if (first) {
    bool const begun = worker.was_killed() || !worker.take_back(*first);
    if (begun) {
      fail_as_lost(worker, *first, status);
    } else {
      first->phase_ = pool_job::phase::queued;
      queue_.push_front(*first);
    }
  }
  // Of one that wrote garbage nobody knows what it began.
  while (pool_job* const job = worker.front()) fail_as_lost(worker, *job, status);
  if (!expected && reached == worker_stage::initializing && worker.may_initialize()) {
    worker_died const e(worker.pid(), status, "while it ran the initializer", worker.last_lines());
    if (!broken_) break_down(worker.pid(), e.what());
  } else if (!expected && reached == worker_stage::starting && ++failed_starts_ >= most_failed_starts) {
    failed_starts_ = 0;
    fail_queued(std::make_exception_ptr(worker_died(worker.pid(), status, "before it could make a call", worker.last_lines())));
  }
  remove(worker);
  schedule();
}

void pool_state::break_down(int pid, std::string const& error) noexcept {
  if (broken_) return;
  broken_ = std::make_exception_ptr(std::logic_error(
      "the process pool is broken, because its initializer failed in worker process " + std::to_string(pid) + ": " + error));
  for (auto const& w : workers_) {
    while (pool_job* const job = w->front()) {
      w->forget(*job);
      fail(*job, broken_);
    }
    w->kill();
  }
  fail_queued(broken_);
}

// -- deadlines

void pool_state::watch_deadlines() noexcept {
  if (job_deadline_ == clock::duration::zero() || timer::set()) return;
  if (std::ranges::any_of(workers_, [](auto const& w) { return w->jobs() > 0; }))
    loop_->set_timer(*this, loop_->time() + job_deadline_);
}

void pool_state::deadline_came(timer& t) {
  auto& self = static_cast<pool_state&>(t);
  if (!self.loop_->is_closed() && !self.abandoned_) self.kill_overdue();
}

void pool_state::kill_overdue() noexcept {
  clock::time_point const now = clock::monotonic();
  clock::duration soonest = clock::duration::max();
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    pool_worker& w = *workers_[i];
    pool_job* const job = w.front();
    if (!job) continue;
    std::int64_t const began = w.began();
    clock::duration const left = began == 0 ? job_deadline_ : clock::time_point(clock::duration(began)) + job_deadline_ - now;
    if (left > clock::duration::zero()) {
      soonest = std::min(soonest, left);
    } else if (stop_running(*job)) {
      auto const ms = std::chrono::duration_cast<std::chrono::milliseconds>(job_deadline_).count();
      fail(*job, std::make_exception_ptr(timeout_error(job->name() + " ran for more than " + std::to_string(ms) +
                                                       " ms, and its worker process " + std::to_string(w.pid()) + " was killed")));
    }
  }
  if (soonest != clock::duration::max()) loop_->set_timer(*this, loop_->time() + soonest);
  schedule();
}

// -- the end

future<> pool_state::shut_down(bool cancel_pending) {
  if (loop_) bind();  // refuses other loops
  closed_ = true;
  future<> all_gone(get_running_loop());
  if (!loop_) {
    all_gone.set_result();
    return all_gone;
  }
  if (cancel_pending) {
    for (auto const& w : workers_) take_back_behind(*w, nullptr);
    fail_queued(std::make_exception_ptr(cancelled_error("the process pool was shut down")));
  }
  on_end_.push_back(all_gone);
  loop_->outside().hold();
  schedule();
  return all_gone;
}

void pool_state::close() noexcept {
  // In a process that this one has forked, neither the loop nor the workers are there.
  if (std::exchange(abandoned_, true) || !loop_ || getpid() != owner_) return;
  if (!loop_ended_) {
    for (auto const& w : workers_) {
      while (pool_job* const job = w->front()) {
        w->forget(*job);
        queue_.push_back(*job);
      }
    }
    fail_queued(std::make_exception_ptr(cancelled_error("the process pool was destroyed")));
    tell_settled();
    if (timer::set()) loop_->timers().remove(*this);
    for (future<> const& f : std::exchange(on_end_, {})) {
      loop_->outside().unhold();
      if (!f.done()) f.set_result();
    }
    if (reading_) io_backend::of(*loop_).cancel(*this);
  }
  for (auto const& w : std::exchange(workers_, {})) w->abandon();
  zygote_.reset();
}

/// Called once from the end of the loop: nobody is told of anything any more.
void pool_state::loop_has_ended() noexcept {
  if (std::exchange(loop_ended_, true)) return;
  for (job_list* const list : {&queue_, &settled_}) {
    while (pool_job* const job = list->front()) {
      job_list::remove(*job);
      ended(*job);
    }
  }
  for (auto const& w : workers_) {
    while (pool_job* const job = w->front()) {
      w->forget(*job);
      ended(*job);
    }
  }
  on_end_.clear();
  close();
}

}  // namespace halka::detail
