// SPDX-License-Identifier: MIT
#include "program_run.hpp"

#include <stdexcept>
#include <tuple>
#include <utility>

namespace halka::fuzz {

namespace {

bool is_cancelled(std::exception_ptr const& e) { return told(e) == "cancelled"; }

std::string told_outcome(auto const& o) {
  try {
    o.value();
  } catch (...) {
    return told(std::current_exception());
  }
  return "ok";
}

}  // namespace

task<> interpreter::run_group(step const& s, place p) {
  co_await with_task_group([&](task_group& g) {
    p.group = &g;
    return run_block(s.body, p);
  });
}

std::string interpreter::spawn_in_group(step const& s, place const& p) {
  if (!p.group) return "no group";
  try {
    tasks_.push_back(p.group->create_task(listed(s.body, tasks_.size(), p.group)));
  } catch (std::logic_error const&) {
    return "refused";
  }
  return {};
}

task<std::string> interpreter::run_gather(step const& s, place p, task_handle<> const* t) {
  std::string result;
  bool const all = s.b % 2 != 0;
  if (s.what == verb::gather && all) {
    auto const both = co_await gather(return_exceptions, unlisted(s.body, p), unlisted(s.other, p));
    result = told_outcome(std::get<0>(both)) + '+' + told_outcome(std::get<1>(both));
  } else if (s.what == verb::gather) {
    co_await gather(unlisted(s.body, p), unlisted(s.other, p));
  } else if (t && all) {
    auto const both = co_await gather(return_exceptions, task_handle<>(*t), unlisted(s.body, p));
    result = told_outcome(std::get<0>(both)) + '+' + told_outcome(std::get<1>(both));
  } else if (t) {
    co_await gather(task_handle<>(*t), unlisted(s.body, p));
  }
  co_return result;
}

task<std::string> interpreter::run_race(step const& s, place p, task_handle<> const* t) {
  std::size_t winner = 0;
  if (s.what == verb::race) {
    auto const first = co_await race(unlisted(s.body, p), unlisted(s.other, p));
    winner = first.index();
  } else if (t) {
    auto const first = co_await race(task_handle<>(*t), unlisted(s.body, p));
    winner = first.index();
  } else {
    co_return "";
  }
  co_return "winner" + std::to_string(winner);
}

task<std::string> interpreter::run_wait(step const& s, place p) {
  task_handle<> const *const x = above(p, s.a), *const y = above(p, s.b);
  if (!x) co_return "";
  std::vector<task_handle<>> const both{*x, *y};
  auto const ended = co_await wait(both, static_cast<return_when>((s.a + s.b) % 3));
  co_return std::to_string(ended.done.size()) + " done";
}

async_generator<outcome<void>> interpreter::make_as_completed(step const& s, place const& p) {
  if (s.what == verb::as_completed) {
    std::vector<task<>> both;
    both.push_back(unlisted(s.body, p));
    both.push_back(unlisted(s.other, p));
    return as_completed(std::move(both));
  }
  std::vector<task_handle<>> both;
  for (unsigned const n : {s.a, s.b})
    if (task_handle<> const* const t = above(p, n)) both.push_back(*t);
  return as_completed(std::move(both));
}

task<std::string> interpreter::run_as_completed(step const& s, place p) {
  std::string result;
  auto outcomes = make_as_completed(s, p);
  for (unsigned left = s.what == verb::as_completed && s.b % 2 != 0 ? 1 : 2; left > 0; --left) {
    auto const next = co_await outcomes.next();
    if (!next) break;
    if (!result.empty()) result += '+';
    result += told_outcome(*next);
  }
  co_return result;
}

task<> interpreter::run_semaphore(step const& s, place p) {
  co_await semaphore_.acquire();
  std::exception_ptr error;
  try {
    co_await run_block(s.body, p);
  } catch (...) {
    error = std::current_exception();
  }
  semaphore_.release();
  if (error) std::rethrow_exception(error);
}

task<> interpreter::run_condition(step const& s, place p) {
  bool const waits = s.what == verb::condition_wait;
  auto const held = co_await condition_.hold();
  if (waits) co_await condition_.wait();
  co_await run_block(s.body, p);
  if (!waits) condition_.notify(1 + s.b % 3);
}

task<std::string> interpreter::run_scope(step const& s, place p) {
  scoping const given = scoping_of(s);
  cancel_scope_options options;
  if (given.has_deadline) options.deadline = clock::now() + s.a * one;
  options.shield = given.shield;
  options.level_triggered = !given.edge;
  auto const scope = std::make_shared<cancel_scope>(options);
  scopes_.push_back(scope);
  if (given.cancelled_before) scope->cancel();
  co_await scope->run([&] { return run_block(s.body, p); });
  if (scope->cancelled_caught()) co_return "caught";
  if (scope->cancel_called()) co_return "called";
  co_return "";
}

task<std::string> interpreter::run_attempt(step const& s, place p) {
  auto const how = static_cast<handling>(s.a % 5);
  std::exception_ptr error;
  try {
    co_await run_block(s.body, p);
  } catch (...) {
    error = std::current_exception();
  }
  bool const cancelled = error && is_cancelled(error);
  std::string const caught = error ? "caught " + told(error) : "";
  switch (how) {
    case handling::swallow_cancel:
      if (cancelled) co_return caught;
      break;
    case handling::clean_up:
      if (cancelled) co_await run_block(s.other, p);
      break;
    case handling::swallow_errors:
      if (error && !cancelled) {
        co_await run_block(s.other, p);
        co_return caught;
      }
      break;
    case handling::finally:
      co_await run_block(s.other, p);
      break;
    case handling::replace_cancel:
      if (cancelled) throw planned("boom" + std::to_string(s.number));
      break;
  }
  if (error) std::rethrow_exception(error);
  co_return "";
}

}  // namespace halka::fuzz
