// SPDX-License-Identifier: MIT
// Runs a program on halka, with the virtual clock.
#include "planned.hpp"
#include "program.hpp"

#include <halka/halka.hpp>
#include <halka/runtime/testing/captured_reports.hpp>
#include <halka/runtime/testing/test_backend.hpp>

#include <chrono>
#include <exception>
#include <stdexcept>

namespace halka::fuzz {

namespace {

bool is_cancelled(std::exception_ptr const& e) { return told(e) == "cancelled"; }

class interpreter {
 public:
  explicit interpreter(program const& p) : program_(p) {}

  task<trace> run() {
    begin_ = clock::now();
    for (block const& b : program_.tasks) start(b);
    co_await sleep(mops_up_at * one);
    for (unsigned i = 0; i < most_mops && unfinished(); ++i) {
      for (std::size_t t = 0; t < tasks_.size(); ++t) tasks_[t].cancel();
      co_await sleep(mops_up_every * one);
    }
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      task_handle<> const& t = tasks_[i];
      std::string outcome = "unfinished";
      if (t.done()) outcome = t.cancelled() ? "cancelled" : told(t.exception());
      trace_.push_back("task " + std::to_string(i) + ": " + (outcome.empty() ? "ok" : outcome));
    }
    tasks_.clear();
    co_return std::move(trace_);
  }

 private:
  using ms = std::chrono::milliseconds;
  static constexpr ms one{1};

  /// Where a step runs.
  struct place {
    std::size_t floor;  // of the tasks that it may wait for
    unsigned who;       // for the trace
    task_group* group = nullptr;
  };

  void note(place const& p, step const& s, std::string const& outcome) {
    auto const now = std::chrono::duration_cast<ms>(clock::now() - begin_).count();
    trace_.push_back(std::to_string(now) + " t" + std::to_string(p.who) + ' ' + name_of(s.what) + std::to_string(s.number) + ' ' +
                     (outcome.empty() ? "ok" : outcome) + " c" + std::to_string(current_task().cancelling()));
  }

  bool unfinished() const {
    for (task_handle<> const& t : tasks_)
      if (!t.done()) return true;
    return false;
  }
  task_handle<> const* above(place const& p, unsigned n) const {
    if (tasks_.size() <= p.floor + 1) return nullptr;
    return &tasks_[p.floor + 1 + n % (tasks_.size() - p.floor - 1)];
  }

  void start(block const& b) { tasks_.push_back(create_task(listed(b, tasks_.size(), nullptr))); }
  task<> listed(block const& b, std::size_t index, task_group* group) {
    place const p{index, ++begun_, group};
    co_await run_block(b, p);
  }
  task<> unlisted(block const& b, place outer) {
    place const p{outer.floor, ++begun_, nullptr};
    co_await run_block(b, p);
  }

  task<> run_block(block const& b, place p) {
    for (step const& s : b) {
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

  task<std::string> run_step(step const& s, place p) {
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
        if (!tasks_.empty()) result = tasks_[s.a % tasks_.size()].cancel() ? "asked" : "too late";  // else all is over
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
        co_await with_task_group([&](task_group& g) {
          place inside = p;
          inside.group = &g;
          return run_block(s.body, inside);
        });
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
      case verb::stop_group:
        if (p.group) p.group->cancel();
        break;
    }
    co_return result;
  }

  std::string spawn_in_group(step const& s, place const& p) {
    if (!p.group) return "no group";
    try {
      tasks_.push_back(p.group->create_task(listed(s.body, tasks_.size(), p.group)));
    } catch (std::logic_error const&) {
      return "refused";
    }
    return {};
  }

  task<std::string> run_gather(step const& s, place p, task_handle<> const* t) {
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
  static std::string told_outcome(auto const& o) {
    try {
      o.value();
    } catch (...) {
      return told(std::current_exception());
    }
    return "ok";
  }

  task<std::string> run_wait(step const& s, place p) {
    task_handle<> const *const x = above(p, s.a), *const y = above(p, s.b);
    if (!x) co_return "";
    std::vector<task_handle<>> const both{*x, *y};
    auto const ended = co_await wait(both, static_cast<return_when>((s.a + s.b) % 3));
    co_return std::to_string(ended.done.size()) + " done";
  }

  task<> run_semaphore(step const& s, place p) {
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

  task<std::string> run_attempt(step const& s, place p) {
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

  program const& program_;
  trace trace_;
  clock::time_point begin_;
  unsigned begun_ = 0;
  std::vector<task_handle<>> tasks_;
  event events_[2];
  lock locks_[2];
  semaphore semaphore_{2};
  queue<unsigned> queue_{1};
};

}  // namespace

trace run_on_halka(program const& p) {
  testing::captured_reports const quiet;
  interpreter i(p);
  runner r(std::make_unique<testing::test_backend>());
  trace result = r.run([&] { return i.run(); });
  return result;
}

}  // namespace halka::fuzz
