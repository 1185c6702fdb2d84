// SPDX-License-Identifier: MIT
#include "program_model.hpp"

#include <algorithm>
#include <utility>

namespace halka::fuzz::model {

namespace {

outcome told(task_ptr const& t) { return t->result.empty() ? "ok" : t->result; }

}  // namespace

co interpreter::run_timeout(step const& s, place p) {
  outcome o;
  if (s.what == verb::timeout) {
    timeout block(loop_, s.a);
    o = co_await run_block(s.body, p);
    o = block.leave(o);
  } else if (task_ptr const t = above(p, s.b)) {
    timeout block(loop_, 1 + s.a);
    o = co_await wait_for_future(loop_, t);
    o = block.leave(o);
  }
  co_return o;
}

co interpreter::run_group(step const& s, place p) {
  model::group g(loop_);
  p.group = &g;
  outcome o = co_await run_block(s.body, p);
  o = co_await g.leave(o);
  co_return o;
}

void interpreter::spawn_in_group(step const& s, place const& p, std::string& result) {
  if (!p.group) {
    result = "no group";
  } else if (task_ptr const child = p.group->start(listed(s.body, tasks_.size(), p.group))) {
    tasks_.push_back(child);
  } else {
    result = "refused";
  }
}

std::vector<task_ptr> interpreter::start_two(step const& s, place const& p, bool with_task) {
  task_ptr const t = above(p, s.a);
  if (with_task && !t) return {};
  std::vector<task_ptr> two{with_task ? t : start_unlisted(s.body, p)};
  two.push_back(start_unlisted(with_task ? s.body : s.other, p));
  return two;
}

co interpreter::run_gather(step const& s, place p, std::string& result) {
  std::vector<task_ptr> const both = start_two(s, p, s.what == verb::gather_task);
  if (both.empty()) co_return {};
  bool const all = s.b % 2 != 0;
  outcome const o = co_await gather(loop_, both, all);
  if (all && o.empty()) result = told(both[0]) + '+' + told(both[1]);
  co_return o;
}

co interpreter::run_race(step const& s, place p, std::string& result) {
  std::vector<task_ptr> const both = start_two(s, p, s.what == verb::race_task);
  if (both.empty()) co_return {};
  std::size_t winner = 0;
  outcome const o = co_await race(loop_, both, winner);
  result = "winner" + std::to_string(winner);
  co_return o;
}

std::vector<task_ptr> interpreter::two_above(step const& s, place const& p) const {
  task_ptr const x = above(p, s.a), y = above(p, s.b);
  if (!x) return {};
  std::vector<task_ptr> both{x};
  if (y != x) both.push_back(y);
  return both;
}

co interpreter::run_wait(step const& s, place p, std::string& result) {
  std::vector<task_ptr> const both = two_above(s, p);
  if (both.empty()) co_return {};
  outcome const o = co_await wait(loop_, both, static_cast<until>((s.a + s.b) % 3));
  result = std::to_string(std::ranges::count_if(both, [](task_ptr const& t) { return t->done; })) + " done";
  co_return o;
}

co interpreter::run_as_completed(step const& s, place p, std::string& result) {
  bool const made_for_it = s.what == verb::as_completed;
  std::vector<task_ptr> const both = made_for_it ? start_two(s, p, false) : two_above(s, p);
  std::vector<task_ptr> ended;
  outcome const o = co_await as_completed(loop_, both, made_for_it && s.b % 2 != 0 ? 1 : 2, made_for_it, ended);
  for (task_ptr const& t : ended) {
    if (!result.empty()) result += '+';
    result += told(t);
  }
  co_return o;
}

co interpreter::run_condition(step const& s, place p) {
  bool const waits = s.what == verb::condition_wait;
  outcome o = co_await locks_[1].acquire();
  if (!o.empty()) co_return o;
  if (waits) o = co_await condition_.wait();
  if (o.empty()) o = co_await run_block(s.body, p);
  if (!waits && o.empty()) condition_.notify(1 + s.b % 3);
  locks_[1].release();
  co_return o;
}

co interpreter::run_scope(step const& s, place p, std::string& result) {
  scope::options o;
  o.deadline = s.a;
  if (s.what == verb::scope) {
    scoping const given = scoping_of(s);
    if (!given.has_deadline) o.deadline = std::nullopt;
    o.shield = given.shield;
    o.edge = given.edge;
    o.cancelled_before = given.cancelled_before;
  }
  auto const block = std::make_shared<scope>(loop_, o);
  if (s.what == verb::scope) scopes_.push_back(block);
  outcome const end = co_await run_block(s.body, p);
  bool const caught = block->leave(end);
  if (caught && s.what == verb::fail_after) co_return "timeout";
  if (s.what == verb::scope && block->cancel_called()) result = "called";
  if (caught) result = "caught";
  co_return caught ? outcome() : end;
}

void interpreter::stop_scope(step const& s) {
  if (!scopes_.empty()) scopes_[scopes_.size() - 1 - s.a % scopes_.size()]->cancel();
}

co interpreter::run_attempt(step const& s, place p, std::string& result) {
  outcome const o = co_await run_block(s.body, p);
  outcome later;
  switch (static_cast<handling>(s.a % 5)) {
    case handling::swallow_cancel:
      if (o != cancelled) co_return o;
      result = "caught " + o;
      co_return {};
    case handling::clean_up:
      if (o == cancelled) later = co_await run_block(s.other, p);
      break;
    case handling::swallow_errors:
      if (o.empty() || o == cancelled) co_return o;
      result = "caught " + o;
      later = co_await run_block(s.other, p);
      co_return later;
    case handling::finally:
      later = co_await run_block(s.other, p);
      break;
    case handling::replace_cancel:
      if (o == cancelled) later = "boom" + std::to_string(s.number);
      break;
  }
  co_return later.empty() ? o : later;
}

}  // namespace halka::fuzz::model
