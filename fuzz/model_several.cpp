// SPDX-License-Identifier: MIT
#include "model_several.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace halka::fuzz::model {

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
    for (; added < tasks.size(); ++added) {
      task& t = *tasks[added];
      if (t.done) {
        note(added);
        continue;
      }
      t.at_end([self = shared_from_this(), i = added] {
        if (!self->saw_an_end) self->cancelled_first = self->cancel_requested();
        self->saw_an_end = true;
        self->note(i);
      });
      if (first_cancels_others && !ended.empty()) t.cancel();
    }
  }
  void note(std::size_t i) {
    ended.push_back(i);
    if (first_cancels_others && ended.size() == 1 && !cancel_requested())
      for (std::size_t k = 0; k < added; ++k) tasks[k]->cancel();
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
    if (when == until::first_completed) return seen > taken;
    if (when == until::all_completed || cancel_requested()) return false;
    for (std::size_t k = 0; k < seen; ++k) {
      outcome const& o = tasks[ended[k]]->result;
      if (!o.empty() && (o != cancelled || cancellation_fails)) return true;
    }
    return false;
  }
  bool cancel_requested() const { return requested && requested->cancel_requested; }
  std::optional<std::size_t> first_failed() const {
    for (std::size_t k = 0; k < seen; ++k)
      if (!tasks[ended[k]]->result.empty()) return ended[k];
    return std::nullopt;
  }

  loop& home;
  std::vector<task_ptr> tasks;
  std::vector<std::size_t> ended;
  std::size_t added = 0;
  std::size_t seen = 0;
  std::size_t taken = 0;  // of those, by as_completed
  until when = until::all_completed;
  bool cancellation_fails = false;
  bool first_cancels_others = false;
  bool saw_an_end = false;       // since the task was added
  bool cancelled_first = false;  // before that
  bool queued = false;
  future_ptr waiting;
  std::shared_ptr<gathering> requested;  // of those that cancel the tasks
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
  outer->cancel_requested = w->cancel_requested();
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
  bool const asked = w->cancel_requested();
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

co race(loop& l, std::vector<task_ptr> tasks, std::size_t& winner) {
  auto const w = std::make_shared<watcher>(l, tasks);
  w->first_cancels_others = true;
  w->begin();
  co_await join(w);
  winner = w->ended.front();
  task& self = *l.current;
  outcome o;
  if (w->cancelled_first) {
    static_cast<void>(self.check());
    co_return cancelled;
  }
  if (!w->saw_an_end) o = self.check();
  if (!o.empty()) co_return o;
  if (w->cancel_requested()) self.put_back();
  co_return tasks[winner]->result;
}

namespace {

/// An iterator over a queue into which tasks go when they are done.
co completed_in_queue(loop& l, std::vector<task_ptr> tasks, std::size_t most, std::vector<task_ptr>& ended) {
  struct state {
    std::vector<task_ptr> done;
    future_ptr getter;
  };
  auto const s = std::make_shared<state>();
  for (task_ptr const& t : tasks)
    t->when_done([s, t] {
      s->done.push_back(t);
      if (s->getter && !s->getter->done) s->getter->finish({});
    });
  while (ended.size() < most) {
    while (s->done.size() == ended.size()) {
      s->getter = future::make(l);
      outcome const o = co_await wait_for_future(l, s->getter);
      if (!o.empty()) co_return o;
    }
    ended.push_back(s->done[ended.size()]);
  }
  co_return {};
}

co completed_in_order(loop& l, std::vector<task_ptr> tasks, std::size_t most, std::vector<task_ptr>& ended) {
  auto const w = std::make_shared<watcher>(l, tasks);
  w->begin();
  w->when = until::first_completed;
  for (; w->taken < most; ++w->taken) {
    if (!w->fulfilled()) {
      w->waiting = future::make(l);
      outcome const o = co_await wait_for_future(l, w->waiting);
      w->waiting = nullptr;
      if (!o.empty()) co_return o;
    }
    ended.push_back(tasks[w->ended[w->taken]]);
  }
  co_return {};
}

}  // namespace

co as_completed(loop& l, std::vector<task_ptr> tasks, std::size_t most, bool made_for_it, std::vector<task_ptr>& ended) {
  most = std::min(most, tasks.size());
  if (l.wanted == rules::asyncio) {
    outcome const o = co_await completed_in_queue(l, std::move(tasks), most, ended);
    co_return o;
  }
  outcome const o = co_await completed_in_order(l, tasks, most, ended);
  if (made_for_it)
    for (task_ptr const& t : tasks) t->cancel();
  co_return o;
}

}  // namespace halka::fuzz::model
