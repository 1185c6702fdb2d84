// SPDX-License-Identifier: MIT
#include "program_run.hpp"

#include <halka/runtime/testing/captured_reports.hpp>
#include <halka/runtime/testing/test_backend.hpp>

namespace halka::fuzz {

task<trace> interpreter::run() {
  begin_ = clock::now();
  for (block const& b : program_.tasks) start(b);
  co_await sleep(mops_up_at * one);
  for (unsigned i = 0; i < most_mops && unfinished(); ++i) {
    for (std::size_t t = 0; t < tasks_.size(); ++t) tasks_[t].cancel();
    stop_scopes();
    co_await sleep(mops_up_every * one);
  }
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    task_handle<> const& t = tasks_[i];
    std::string outcome = "unfinished";
    if (t.done()) outcome = t.cancelled() ? "cancelled" : told(t.exception());
    trace_.push_back("task " + std::to_string(i) + ": " + (outcome.empty() ? "ok" : outcome));
  }
  tasks_.clear();
  over_ = true;  // what is left ends: a scope with a shield would wait for ever
  stop_scopes();
  co_return std::move(trace_);
}

void interpreter::note(place const& p, step const& s, std::string const& outcome) {
  if (over_) return;
  auto const now = std::chrono::duration_cast<ms>(clock::now() - begin_).count();
  trace_.push_back(std::to_string(now) + " t" + std::to_string(p.who) + ' ' + name_of(s.what) + std::to_string(s.number) + ' ' +
                   (outcome.empty() ? "ok" : outcome) + " c" + std::to_string(current_task().cancelling()));
}

bool interpreter::unfinished() const {
  for (task_handle<> const& t : tasks_)
    if (!t.done()) return true;
  return false;
}

task_handle<> const* interpreter::above(place const& p, unsigned n) const {
  if (tasks_.size() <= p.floor + 1) return nullptr;
  return &tasks_[p.floor + 1 + n % (tasks_.size() - p.floor - 1)];
}

void interpreter::stop_scopes() {
  for (std::size_t n = 0; n < scopes_.size(); ++n) scopes_[n]->cancel();
}

void interpreter::start(block const& b) { tasks_.push_back(create_task(listed(b, tasks_.size(), nullptr))); }

task<> interpreter::listed(block const& b, std::size_t index, task_group* group) {
  place const p{index, ++begun_, group};
  co_await run_block(b, p);
}

task<> interpreter::unlisted(block const& b, place outer) {
  place const p{outer.floor, ++begun_, nullptr};
  co_await run_block(b, p);
}

task<> interpreter::run_block(block const& b, place p) {
  for (step const& s : b) {
    if (over_) co_return;
    std::exception_ptr error;
    std::string result;
    try {
      result = co_await run_step(s, p);
    } catch (...) {
      error = std::current_exception();
    }
    note(p, s, error ? told(error) : result);
    if (error) std::rethrow_exception(error);
  }
}

task<std::string> interpreter::run_step(step const& s, place p) {
  std::string result;
  task_handle<> const* const t = above(p, s.what == verb::wait_for ? s.b : s.a);
  switch (s.what) {
    case verb::sleep:
      co_await sleep(s.a * one);
      break;
    case verb::spawn:
      start(s.body);
      break;
    case verb::join:
      if (t) co_await task_handle<>(*t);
      break;
    case verb::cancel:
      result = tasks_[s.a % tasks_.size()].cancel() ? "asked" : "too late";
      break;
    case verb::uncancel:
      result = std::to_string(current_task().uncancel());
      break;
    case verb::timeout:
      co_await timeout(s.a * one, [&] { return run_block(s.body, p); });
      break;
    case verb::wait_for:
      if (t) co_await wait_for(task_handle<>(*t), (1 + s.a) * one);
      break;
    case verb::group:
      co_await run_group(s, p);
      break;
    case verb::group_spawn:
      result = spawn_in_group(s, p);
      break;
    case verb::gather:
    case verb::gather_task:
      result = co_await run_gather(s, p, t);
      break;
    case verb::shield:
      co_await shield(unlisted(s.body, p));
      break;
    case verb::shield_task:
      if (t) co_await shield(task_handle<>(*t));
      break;
    case verb::wait:
      result = co_await run_wait(s, p);
      break;
    case verb::set:
      events_[s.a % 2].set();
      break;
    case verb::clear:
      events_[s.a % 2].clear();
      break;
    case verb::event_wait:
      co_await events_[s.a % 2].wait();
      break;
    case verb::lock: {
      auto const held = co_await locks_[s.a % 2].hold();
      co_await run_block(s.body, p);
      break;
    }
    case verb::semaphore:
      co_await run_semaphore(s, p);
      break;
    case verb::put:
      co_await queue_.put(s.number);
      break;
    case verb::get: {
      unsigned const item = co_await queue_.get();
      result = "item" + std::to_string(item);
      break;
    }
    case verb::fail:
      throw planned("boom" + std::to_string(s.number));
    case verb::attempt:
      result = co_await run_attempt(s, p);
      break;
    case verb::as_completed:
    case verb::as_completed_tasks:
      result = co_await run_as_completed(s, p);
      break;
    case verb::condition_wait:
    case verb::condition_notify:
      co_await run_condition(s, p);
      break;
    case verb::barrier: {
      std::size_t const index = co_await barriers_[s.a % 2].wait();
      result = std::to_string(index);
      break;
    }
    case verb::break_barrier:
      s.b % 2 != 0 ? barriers_[s.a % 2].abort() : barriers_[s.a % 2].reset();
      break;
    case verb::stop_group:
      if (p.group) p.group->cancel();
      break;
    case verb::move_on: {
      bool const ended = co_await move_on_after(s.a * one, [&] { return run_block(s.body, p); });
      if (!ended) result = "caught";
      break;
    }
    case verb::fail_after:
      co_await fail_after(s.a * one, [&] { return run_block(s.body, p); });
      break;
    case verb::scope:
      result = co_await run_scope(s, p);
      break;
    case verb::stop_scope:
      if (!scopes_.empty()) scopes_[scopes_.size() - 1 - s.a % scopes_.size()]->cancel();
      break;
    case verb::race:
    case verb::race_task:
      result = co_await run_race(s, p, t);
      break;
  }
  co_return result;
}

trace run_on_halka(program const& p) {
  testing::captured_reports const quiet;
  interpreter i(p);
  runner r(std::make_unique<testing::test_backend>());
  trace result = r.run([&] { return i.run(); });
  return result;
}

}  // namespace halka::fuzz
