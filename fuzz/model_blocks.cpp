// SPDX-License-Identifier: MIT
#include "model_blocks.hpp"

#include <algorithm>
#include <utility>

namespace halka::fuzz::model {

// -- timeout

timeout::timeout(loop& l, std::uint64_t after) : task_(*l.current) {
  task_.enter(request_);
  auto const fire = [this] {
    expired_ = true;
    task_.ask(request_);
  };
  handle_ = after == 0 ? l.call_soon(fire) : l.call_at(l.now + after, fire);
}

outcome timeout::leave(outcome o) {
  handle_->dropped = true;
  if (!task_.leave(request_, o)) return o;
  return "timeout";
}

// -- group

group::group(loop& l) : loop_(l), parent_(*l.current) { parent_.enter(request_); }

task_ptr group::start(co body) {
  if (aborting_ || (exiting_ && tasks_.empty())) return nullptr;
  task_ptr const t = task::start(loop_, std::move(body));
  tasks_.push_back(t);
  t->when_done([this, t] { task_ended(t); });
  return t;
}

void group::abort() {
  aborting_ = true;
  for (task_ptr const& t : std::vector(tasks_)) t->cancel();
}

void group::stop() {
  if (stopped_) return;
  stopped_ = true;
  if (aborting_) return;
  abort();
  if (!exiting_ && !request_.asked) parent_.ask(request_);
}

void group::task_ended(task_ptr const& t) {
  std::erase(tasks_, t);
  if (all_ended_ && tasks_.empty() && !all_ended_->done) all_ended_->finish({});
  if (t->result.empty() || t->result == cancelled) return;
  errors_.push_back(t->result);
  if (aborting_ || request_.asked) return;
  abort();
  parent_.ask(request_);
}

/// In halka nobody is woken to be told what changes nothing: a cancellation when the group is ending already.
class group::end_of_all : public future {
 public:
  end_of_all(loop& l, group& g) : future(l), group_(g) {}
  bool cancel() override {
    if (done || home.wanted == rules::asyncio || !group_.aborting_) return future::cancel();
    group_.cancelled_ = true;
    return true;
  }

 private:
  group& group_;
};

co group::leave(outcome o) {
  exiting_ = true;
  cancelled_ = o == cancelled;
  if (!o.empty() && !aborting_) abort();
  while (!tasks_.empty()) {
    all_ended_ = std::make_shared<end_of_all>(loop_, *this);
    loop_.futures.push_back(all_ended_);
    outcome const interrupted = co_await wait_for_future(loop_, all_ended_);
    if (interrupted.empty()) continue;
    // CPython forgets one that comes after the group was told to stop (gh-155433).
    if (!aborting_ || loop_.wanted == rules::halka) cancelled_ = true;
    if (!aborting_) abort();
  }
  bool own = false;
  if (loop_.wanted == rules::halka) {
    own = parent_.leave(request_, cancelled_ ? cancelled : outcome());
  } else if (request_.asked) {
    own = parent_.uncancel() == 0;
  }
  if (own) cancelled_ = false;
  if (!o.empty() && o != cancelled) errors_.push_back(o);
  if (cancelled_ && errors_.empty()) co_return cancelled;
  if (errors_.empty()) co_return {};
  parent_.deliver_again(request_);
  outcome text = "group(";
  for (outcome const& e : errors_) text += (text.back() == '(' ? "" : " ") + e;
  co_return text + ')';
}

// -- several tasks

namespace {

/// A future that cancels what it stands for.
class gathering : public future {
 public:
  gathering(loop& l, std::vector<task_ptr> tasks) : future(l), tasks_(std::move(tasks)) {}
  bool cancel() override {
    if (done) return false;
    bool any = false;
    for (task_ptr const& t : tasks_) any = t->cancel() || any;
    cancel_requested = cancel_requested || any;
    return any;
  }
  bool cancel_requested = false;

 private:
  std::vector<task_ptr> tasks_;
};

/// halka's: tasks that end in one pass are looked at together in the next one, at the place of the first.
struct watcher : std::enable_shared_from_this<watcher> {
  watcher(loop& l, std::vector<task_ptr> t) : home(l), tasks(std::move(t)) {}

  void begin() {
    for (std::size_t i = 0; i < tasks.size(); ++i) tasks[i]->at_end([self = shared_from_this(), i] { self->note(i); });
  }
  void note(std::size_t i) {
    ended.push_back(i);
    if (std::exchange(queued, true)) return;
    home.call_soon([self = shared_from_this()] { self->look(); });
  }
  void look() {
    queued = false;
    seen = ended.size();
    if (waiting && !waiting->done && fulfilled()) std::exchange(waiting, nullptr)->finish({});
  }
  bool fulfilled() const {
    if (seen == tasks.size()) return true;
    if (when == until::first_completed) return seen > 0;
    if (when == until::all_completed || (requested && requested->cancel_requested)) return false;
    for (std::size_t k = 0; k < seen; ++k) {
      outcome const& o = tasks[ended[k]]->result;
      if (!o.empty() && (o != cancelled || cancellation_fails)) return true;
    }
    return false;
  }
  std::optional<std::size_t> first_failed() const {
    for (std::size_t k = 0; k < seen; ++k)
      if (!tasks[ended[k]]->result.empty()) return ended[k];
    return std::nullopt;
  }

  loop& home;
  std::vector<task_ptr> tasks;
  std::vector<std::size_t> ended;
  std::size_t seen = 0;
  until when = until::all_completed;
  bool cancellation_fails = false;
  bool queued = false;
  future_ptr waiting;
  std::shared_ptr<gathering> requested;  // of a gather
};
using watcher_ptr = std::shared_ptr<watcher>;

std::shared_ptr<gathering> make_gathering(loop& l, std::vector<task_ptr> const& tasks) {
  auto g = std::make_shared<gathering>(l, tasks);
  l.futures.push_back(g);
  return g;
}

/// Suspends until the watcher is fulfilled; a cancellation goes to the tasks.
co join(watcher_ptr w) {
  if (w->fulfilled()) co_return {};
  auto const outer = make_gathering(w->home, w->tasks);
  outer->cancel_requested = w->requested && w->requested->cancel_requested;
  w->requested = outer;
  w->waiting = outer;
  w->home.current->hold();
  outcome const o = co_await wait_for_future(w->home, outer);
  co_return o;
}

co gather_structured(loop& l, std::vector<task_ptr> tasks, bool all) {
  auto const w = std::make_shared<watcher>(l, tasks);
  w->begin();
  w->when = all ? until::all_completed : until::first_exception;
  w->cancellation_fails = true;
  co_await join(w);
  auto const failed = all ? std::nullopt : w->first_failed();
  if (w->seen < tasks.size()) {
    for (task_ptr const& t : tasks) t->cancel();
    w->when = until::all_completed;
    co_await join(w);
  }
  task& self = *l.current;
  bool const asked = w->requested && w->requested->cancel_requested;
  if (asked && (!failed || tasks[*failed]->result == cancelled)) {
    static_cast<void>(self.check());
    co_return cancelled;
  }
  if (!failed) co_return self.check();
  if (asked) self.put_back();
  co_return tasks[*failed]->result;
}

co gather_futures(loop& l, std::vector<task_ptr> tasks, bool all) {
  auto const outer = make_gathering(l, tasks);
  auto const left = std::make_shared<std::size_t>(tasks.size());
  for (task_ptr const& t : tasks) {
    auto const ended = [outer, left, t = t.get(), all] {
      --*left;
      if (outer->done) return;
      if (!all && !t->result.empty()) return outer->finish(t->result);
      if (*left == 0) outer->finish(outer->cancel_requested ? cancelled : outcome());
    };
    if (t->done)
      ended();
    else
      t->when_done(ended);
  }
  outcome const o = co_await wait_for_future(l, outer);
  co_return o;
}

}  // namespace

co wait(loop& l, std::vector<task_ptr> tasks, until when) {
  if (l.wanted == rules::halka) {
    auto const w = std::make_shared<watcher>(l, tasks);
    w->when = when;
    w->begin();
    w->waiting = future::make(l);
    outcome const o = co_await wait_for_future(l, w->waiting);
    w->waiting = nullptr;
    co_return o;
  }
  future_ptr const waiter = future::make(l);
  auto const left = std::make_shared<std::size_t>(tasks.size());
  std::vector<unsigned> callbacks;
  for (task_ptr const& t : tasks)
    callbacks.push_back(t->when_done([waiter, left, t = t.get(), when] {
      --*left;
      bool const failed = !t->result.empty() && t->result != cancelled;
      bool const enough = *left == 0 || when == until::first_completed || (when == until::first_exception && failed);
      if (enough && !waiter->done) waiter->finish({});
    }));
  outcome const o = co_await wait_for_future(l, waiter);
  for (std::size_t i = 0; i < tasks.size(); ++i) tasks[i]->forget(callbacks[i]);
  co_return o;
}

co shield(loop& l, task_ptr inner) {
  if (inner->done) co_return inner->result;
  future_ptr const outer = future::make(l);
  inner->when_done([outer, t = inner.get()] {
    if (!outer->done) outer->finish(t->result);
  });
  outcome const o = co_await wait_for_future(l, outer);
  co_return o;
}

co gather(loop& l, std::vector<task_ptr> tasks, bool all) {
  if (l.wanted == rules::halka) return gather_structured(l, std::move(tasks), all);
  return gather_futures(l, std::move(tasks), all);
}

}  // namespace halka::fuzz::model
