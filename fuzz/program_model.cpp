// SPDX-License-Identifier: MIT
#include "program_model.hpp"

#include <algorithm>

namespace halka::fuzz {

namespace model {

trace interpreter::run() {
  task_ptr const main = task::start(loop_, run_main());
  loop_.run([&] { return main->done; });
  return trace_;
}

co interpreter::run_main() {
  for (block const& b : program_.tasks) start(b);
  co_await pause(mops_up_at);
  for (unsigned i = 0; i < most_mops && unfinished(); ++i) {
    for (std::size_t t = 0; t < tasks_.size(); ++t) tasks_[t]->cancel();
    for (std::size_t n = 0; n < scopes_.size(); ++n) scopes_[n]->cancel();
    co_await pause(mops_up_every);
  }
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    outcome const end = tasks_[i]->done ? tasks_[i]->result : "unfinished";
    trace_.push_back("task " + std::to_string(i) + ": " + (end.empty() ? "ok" : end));
  }
  over_ = true;
  co_return {};
}

co interpreter::pause(std::uint64_t duration) {
  if (duration == 0) {
    outcome const o = co_await wait_for_future(loop_, nullptr);
    co_return o;
  }
  future_ptr const f = future::make(loop_);
  auto const timer = loop_.call_at(loop_.now + duration, [f] {
    if (!f->done) f->finish({});
  });
  outcome const o = co_await wait_for_future(loop_, f);
  timer->dropped = true;
  co_return o;
}

bool interpreter::unfinished() const {
  return std::ranges::any_of(tasks_, [](task_ptr const& t) { return !t->done; });
}

task_ptr interpreter::above(place const& p, unsigned n) const {
  if (tasks_.size() <= p.floor + 1) return nullptr;
  return tasks_[p.floor + 1 + n % (tasks_.size() - p.floor - 1)];
}

void interpreter::note(place const& p, step const& s, outcome const& o) {
  if (over_) return;
  trace_.push_back(std::to_string(loop_.now) + " t" + std::to_string(p.who) + ' ' + name_of(s.what) + std::to_string(s.number) +
                   ' ' + (o.empty() ? "ok" : o) + " c" + std::to_string(loop_.current->cancelling()));
}

void interpreter::start(block const& b) { tasks_.push_back(task::start(loop_, listed(b, tasks_.size(), nullptr))); }

co interpreter::listed(block const& b, std::size_t index, model::group* group) {
  place const p{index, ++begun_, group};
  outcome const o = co_await run_block(b, p);
  co_return o;
}

co interpreter::unlisted(block const& b, place outer) {
  place const p{outer.floor, ++begun_, nullptr};
  outcome const o = co_await run_block(b, p);
  co_return o;
}

task_ptr interpreter::start_unlisted(block const& b, place const& outer) { return task::start(loop_, unlisted(b, outer)); }

co interpreter::run_block(block const& b, place p) {
  for (step const& s : b) {
    std::string result;
    outcome const o = co_await run_step(s, p, result);
    note(p, s, o.empty() ? result : o);
    if (!o.empty()) co_return o;
  }
  co_return {};
}

co interpreter::run_step(step const& s, place p, std::string& result) {
  task_ptr const t = above(p, s.a);
  outcome o;
  switch (s.what) {
    case verb::sleep:
      o = co_await pause(s.a);
      break;
    case verb::spawn:
      start(s.body);
      break;
    case verb::join:
      if (t) o = co_await wait_for_future(loop_, t);
      break;
    case verb::cancel:
      result = tasks_[s.a % tasks_.size()]->cancel() ? "asked" : "too late";
      break;
    case verb::uncancel:
      result = std::to_string(loop_.current->uncancel());
      break;
    case verb::timeout:
    case verb::wait_for:
      o = co_await run_timeout(s, p);
      break;
    case verb::group:
      o = co_await run_group(s, p);
      break;
    case verb::group_spawn:
      spawn_in_group(s, p, result);
      break;
    case verb::gather:
    case verb::gather_task:
      o = co_await run_gather(s, p, result);
      break;
    case verb::shield:
      o = co_await shield(loop_, start_unlisted(s.body, p));
      break;
    case verb::shield_task:
      if (t) o = co_await shield(loop_, t);
      break;
    case verb::wait:
      o = co_await run_wait(s, p, result);
      break;
    case verb::set:
      events_[s.a % 2].set();
      break;
    case verb::clear:
      events_[s.a % 2].clear();
      break;
    case verb::event_wait:
      o = co_await events_[s.a % 2].wait();
      break;
    case verb::lock:
      o = co_await hold(locks_[s.a % 2], s, p);
      break;
    case verb::semaphore:
      o = co_await hold(semaphore_, s, p);
      break;
    case verb::put:
      o = co_await queue_.put(s.number);
      break;
    case verb::get: {
      unsigned item = 0;
      o = co_await queue_.get(item);
      result = "item" + std::to_string(item);
      break;
    }
    case verb::fail:
      o = "boom" + std::to_string(s.number);
      break;
    case verb::attempt:
      o = co_await run_attempt(s, p, result);
      break;
    case verb::as_completed:
    case verb::as_completed_tasks:
      o = co_await run_as_completed(s, p, result);
      break;
    case verb::condition_wait:
    case verb::condition_notify:
      o = co_await run_condition(s, p);
      break;
    case verb::barrier: {
      unsigned index = 0;
      o = co_await barriers_[s.a % 2].wait(index);
      result = std::to_string(index);
      break;
    }
    case verb::break_barrier:
      o = co_await barriers_[s.a % 2].turn_away(s.b % 2 != 0);
      break;
    case verb::stop_group:
      if (p.group) p.group->stop();
      break;
    case verb::move_on:
    case verb::fail_after:
    case verb::scope:
      o = co_await run_scope(s, p, result);
      break;
    case verb::stop_scope:
      stop_scope(s);
      break;
    case verb::race:
    case verb::race_task:
      o = co_await run_race(s, p, result);
      break;
  }
  co_return o;
}

}  // namespace model

trace run_on_model(program const& p, rules r) { return model::interpreter(p, r).run(); }

}  // namespace halka::fuzz
