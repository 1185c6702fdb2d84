// SPDX-License-Identifier: MIT
#include "task_watcher.hpp"

#include "event_loop.hpp"
#include "frame_pool.hpp"
#include "runnable.hpp"
#include "waiter.hpp"

#include <algorithm>
#include <deque>

namespace halka {

/// Notes which tasks have ended.
class task_watcher::record final : public runnable, public pooled {
 public:
  struct place : waiter {
    place(record& r, any_task t, std::uint32_t i) noexcept : waiter(ended), owner(r), task(std::move(t)), index(i) {}
    static void ended(waiter& w) {
      auto& self = static_cast<place&>(w);
      self.owner.ended_here = true;
      self.owner.note(self.index);
    }
    record& owner;
    any_task task;
    std::uint32_t index;
  };

  record() : runnable{nullptr, run_now} {}

  void add(any_task t) {
    auto const i = static_cast<std::uint32_t>(places.size());
    if (ended.capacity() <= i) ended.reserve(std::max<std::size_t>(8, 2 * std::size_t{i} + 1));  // noting must not fail
    place& p = places.emplace_back(*this, std::move(t), i);
    if (p.task.done()) return note(i);
    p.task.state().waiters().add(p);
    if (first_cancels_others && !ended.empty()) p.task.cancel();
  }

  void note(std::uint32_t i) {
    ended.push_back(i);
    if (first_cancels_others && ended.size() == 1 && !places[i].task.state().loop().is_closed()) cancel_tasks({});
    if (queued) return;
    queued = true;
    ++refs;
    places[i].task.state().loop().ready().push(*this);
  }

  bool cancel_tasks(std::string_view reason) {
    bool any = false;
    for (place const& p : places)
      if (!p.task.done() && p.task.cancel(reason)) any = true;
    return any;
  }

  void detach() noexcept {
    for (place& p : places) p.leave();
    waiting = nullptr;
    release();
  }

  void release() noexcept {
    if (--refs == 0) delete this;
  }

  static void run_now(runnable& r) {
    auto& self = static_cast<record&>(r);
    self.queued = false;
    for (; self.seen < self.ended.size(); ++self.seen) {
      std::uint32_t const i = self.ended[self.seen];
      task_phase const phase = self.places[i].task.phase();
      if (self.failed == SIZE_MAX && phase == task_phase::failed) self.failed = i;
      if (self.cancelled == SIZE_MAX && phase == task_phase::cancelled) self.cancelled = i;
    }
    if (self.waiting && self.waiting->fulfilled()) std::exchange(self.waiting, nullptr)->task_->wake();
    self.release();
  }

  std::deque<place> places;          // stable addresses: the places are links of lists
  std::vector<std::uint32_t> ended;  // in order; the first `seen` of them have come through the loop
  std::size_t seen = 0;
  std::size_t failed = SIZE_MAX;
  std::size_t cancelled = SIZE_MAX;
  awaiter* waiting = nullptr;
  unsigned refs = 1;
  bool queued = false;
  bool first_cancels_others = false;
  bool ended_here = false;  // a task has ended since it was added
};

task_watcher::task_watcher(std::size_t expected) : record_(new record) {
  try {
    record_->ended.reserve(expected);
  } catch (...) {
    record_->release();
    throw;
  }
}

task_watcher::~task_watcher() { record_->detach(); }

void task_watcher::let_first_cancel_others() noexcept { record_->first_cancels_others = true; }
void task_watcher::add(any_task t) { record_->add(std::move(t)); }
std::size_t task_watcher::size() const noexcept { return record_->places.size(); }
any_task const& task_watcher::operator[](std::size_t i) const noexcept { return record_->places[i].task; }
std::size_t task_watcher::remaining() const noexcept { return size() - record_->seen; }
std::span<std::uint32_t const> task_watcher::ended() const noexcept { return {record_->ended.data(), record_->seen}; }

bool task_watcher::saw_an_end() const noexcept { return record_->ended_here; }

std::size_t task_watcher::first_failed() const noexcept {
  for (std::uint32_t const i : ended())
    if (record_->places[i].task.phase() != task_phase::succeeded) return i;
  return size();
}

bool task_watcher::cancel_tasks(std::string_view reason) { return record_->cancel_tasks(reason); }

task_watcher::awaiter::~awaiter() {
  if (watcher_.record_->waiting == this) watcher_.record_->waiting = nullptr;
}

bool task_watcher::awaiter::fulfilled() const noexcept {
  record const& r = *watcher_.record_;
  if (r.seen == r.places.size()) return true;
  switch (until_) {
    case return_when::first_completed:
      return r.seen > seen_;
    case return_when::first_exception:
      return r.failed != SIZE_MAX || (cancellation_is_failure_ && r.cancelled != SIZE_MAX);
    case return_when::all_completed:
      return false;
  }
  return true;
}

bool task_watcher::awaiter::await_ready() const { return fulfilled() && detail::within_budget(); }

void task_watcher::awaiter::begin() {
  if (fulfilled()) return task_->yield_to(detail::current.loop->ready());
  watcher_.record_->waiting = this;
  task_->wait_on(*this);
}

void task_watcher::awaiter::await_resume() {
  if (on_cancel_ == on_cancel::leave && task_) task_->check_cancelled();
}

bool task_watcher::awaiter::cancel(std::string_view reason) {
  if (on_cancel_ == on_cancel::leave) {
    watcher_.record_->waiting = nullptr;
    task_->interrupt();
    return true;
  }
  if (!watcher_.cancel_tasks(reason)) return false;
  until_ = return_when::all_completed;
  watcher_.record_->first_cancels_others = false;  // they are cancelled already
  if (!watcher_.record_->ended_here) watcher_.cancelled_before_first_ = true;
  watcher_.cancel_requested_ = true;
  watcher_.cancel_reason_ = reason;
  return true;
}

void task_watcher::awaiter::describe(wait_description& d) const {
  for (record::place const& p : watcher_.record_->places)
    if (!p.task.done()) d.tasks.push_back(&p.task.state());
  d.what = d.tasks.size() == 1 ? "a task" : std::to_string(d.tasks.size()) + " tasks";
}

}  // namespace halka
