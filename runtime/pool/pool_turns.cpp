// SPDX-License-Identifier: MIT
// The turns of a pool: results come in, jobs go out.
#include "pool_state.hpp"

#include "../../io/io_backend.hpp"
#include "../../sched/event_loop.hpp"
#include "../child/zygote.hpp"

#include <algorithm>
#include <utility>

namespace halka::detail {

namespace {

constexpr std::uint64_t turns_between_sharing = 64;
constexpr auto pause_after_failed_start = std::chrono::milliseconds(50);

}  // namespace

void pool_state::schedule() noexcept {
  if (std::exchange(scheduled_, true)) return;
  turn_ = shared_from_this();
  loop_->ready().push(*this);
}

void pool_state::turn_came(runnable& r) {
  auto& self = static_cast<pool_state&>(r);
  std::shared_ptr<pool_state> const alive = std::move(self.turn_);
  self.scheduled_ = false;
  if (self.loop_->is_closed()) return self.loop_has_ended();
  if (!self.abandoned_) self.attend();
}

void pool_state::attend() noexcept {
  ++turns_;
  started_in_turn_ = 0;
  bool found = false;
  for (std::size_t i = 0; i < workers_.size(); ++i) found |= workers_[i]->collect();
  tell_settled();
  dispatch();
  if (!found || turns_ % turns_between_sharing == 0) share_out();
  retire_workers();
  for (auto const& worker : workers_) worker->wake();
  watch_deadlines();
  if (found || scheduled_ || !listen()) schedule();
}

/// True if the next result will be announced.
bool pool_state::listen() noexcept {
  bool quiet = true;
  for (auto const& worker : workers_)
    if (worker->jobs() > 0 && !worker->listen()) quiet = false;
  if (!quiet || reading_) return quiet;
  code = opcode::read;
  fd = results_.get();
  address = &announced_;
  length = sizeof announced_;
  offset = current_position;
  try {
    io_backend::of(*loop_).submit(*this);  // lifetime: `reading_` keeps the operation and `announced_`
  } catch (...) {
    return false;  // again in the next pass
  }
  reading_ = shared_from_this();
  return true;
}

void pool_state::read_completed(io_operation& op) {
  auto& self = static_cast<pool_state&>(op);
  std::shared_ptr<pool_state> const alive = std::move(self.reading_);
  if (self.loop_->is_closed()) return self.loop_has_ended();
  if (!self.abandoned_) self.attend();
}

void pool_state::dispatch() noexcept {
  while (pool_job* const job = queue_.front()) {
    pool_worker* const worker = choose();
    if (!worker) return;
    try {
      out_.clear();
      job->write(out_);
      job_list::remove(*job);
      if (worker->give(*job, out_)) continue;
      queue_.push_front(*job);
    } catch (...) {
      if (job->list_) job_list::remove(*job);
      fail(*job, std::current_exception());
    }
  }
}

std::size_t pool_state::in_service() const noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(workers_, [](auto const& w) { return w->in_service(); }));
}

/// The worker with the least to do. One without anything to do comes first, then one that has to be started, then the others.
pool_worker* pool_state::choose() noexcept {
  auto const least_busy = [this]() -> pool_worker* {
    pool_worker* best = nullptr;
    for (auto const& w : workers_)
      if (w->has_room() && (max_jobs_ == 0 || w->given() < max_jobs_) && (!best || w->jobs() < best->jobs())) best = w.get();
    return best;
  };
  pool_worker* const best = least_busy();
  if ((best && best->jobs() == 0) || in_service() >= limit_) return best;
  if (started_in_turn_ > 0) {  // the loop must not stand still for all of them
    schedule();
    return nullptr;
  }
  return start_worker() ? workers_.back().get() : least_busy();
}

bool pool_state::start_worker() noexcept {
  bool const alone = in_service() == 0;
  if (!alone && clock::monotonic() < next_start_) return false;
  ++started_in_turn_;
  try {
    if (!zygote_) zygote_ = std::make_unique<zygote>(zygote::children_of_children::ended);
    auto worker = std::make_shared<pool_worker>(*this, *loop_);
    worker->start(*zygote_, settings_, results_.get());
    workers_.push_back(std::move(worker));
    ++counts_.started;
    return true;
  } catch (...) {
    next_start_ = clock::monotonic() + pause_after_failed_start;
    if (alone) fail_queued(std::current_exception());
    return false;
  }
}

/// When a worker has nothing to do, takes jobs back from the one that has the most.
void pool_state::share_out() noexcept {
  if (!queue_.empty() || workers_.size() < 2) return;
  pool_worker* busiest = nullptr;
  bool idle = false;
  for (auto const& w : workers_) {
    idle |= w->in_service() && w->jobs() == 0;
    if (w->jobs() > 1 && (!busiest || w->jobs() > busiest->jobs())) busiest = w.get();
  }
  if (!idle || !busiest) return;
  for (std::size_t n = busiest->jobs() / 2; n > 0; --n) {
    pool_job* const job = busiest->last();
    if (!busiest->take_back(*job)) break;
    job->phase_ = pool_job::phase::queued;
    queue_.push_front(*job);
  }
  dispatch();
}

/// Lets those workers end that have done their share, or all when there is nothing more to come.
void pool_state::retire_workers() noexcept {
  bool const all = closed_ && queue_.empty();
  for (auto const& w : workers_)
    if (w->jobs() == 0 && (all || (max_jobs_ > 0 && w->given() >= max_jobs_))) w->leave();
  if (!all || !workers_.empty()) return;
  zygote_.reset();
  for (future<> const& f : std::exchange(on_end_, {})) {
    loop_->outside().unhold();
    if (!f.done()) f.set_result();
  }
}

}  // namespace halka::detail
