// SPDX-License-Identifier: MIT
// Runs a program on the model.
#include "model_blocks.hpp"
#include "model_sync.hpp"

namespace halka::fuzz {

namespace model {

namespace {

class interpreter {
 public:
  interpreter(program const& p, rules r) : program_(p), loop_(r) {}

  trace run() {
    task_ptr const main = task::start(loop_, run_main());
    loop_.run([&] { return main->done; });
    return trace_;
  }

 private:
  struct place {
    std::size_t floor;
    unsigned who;
    model::group* group = nullptr;
  };

  co pause(std::uint64_t duration) {
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

  co run_main() {
    for (block const& b : program_.tasks) start(b);
    co_await pause(mops_up_at);
    for (unsigned i = 0; i < most_mops && unfinished(); ++i) {
      for (std::size_t t = 0; t < tasks_.size(); ++t) tasks_[t]->cancel();
      co_await pause(mops_up_every);
    }
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      outcome const end = tasks_[i]->done ? tasks_[i]->result : "unfinished";
      trace_.push_back("task " + std::to_string(i) + ": " + (end.empty() ? "ok" : end));
    }
    over_ = true;
    co_return {};
  }

  bool unfinished() const {
    return std::ranges::any_of(tasks_, [](task_ptr const& t) { return !t->done; });
  }
  task_ptr above(place const& p, unsigned n) const {
    if (tasks_.size() <= p.floor + 1) return nullptr;
    return tasks_[p.floor + 1 + n % (tasks_.size() - p.floor - 1)];
  }
  void note(place const& p, step const& s, outcome const& o) {
    if (over_) return;
    trace_.push_back(std::to_string(loop_.now) + " t" + std::to_string(p.who) + ' ' + name_of(s.what) + std::to_string(s.number) +
                     ' ' + (o.empty() ? "ok" : o) + " c" + std::to_string(loop_.current->cancelling()));
  }

  void start(block const& b) { tasks_.push_back(task::start(loop_, listed(b, tasks_.size(), nullptr))); }
  co listed(block const& b, std::size_t index, model::group* group) {
    place const p{index, ++begun_, group};
    outcome const o = co_await run_block(b, p);
    co_return o;
  }
  co unlisted(block const& b, place outer) {
    place const p{outer.floor, ++begun_, nullptr};
    outcome const o = co_await run_block(b, p);
    co_return o;
  }

  co run_block(block const& b, place p) {
    for (step const& s : b) {
      std::string result;
      outcome const o = co_await run_step(s, p, result);
      note(p, s, o.empty() ? result : o);
      if (!o.empty()) co_return o;
    }
    co_return {};
  }

  co run_step(step const& s, place p, std::string& result) {
    task_ptr const t = above(p, s.what == verb::wait_for ? s.b : s.a);
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
      case verb::timeout: {
        timeout block(loop_, s.a);
        o = co_await run_block(s.body, p);
        o = block.leave(o);
        break;
      }
      case verb::wait_for:
        if (t) {
          timeout block(loop_, 1 + s.a);
          o = co_await wait_for_future(loop_, t);
          o = block.leave(o);
        }
        break;
      case verb::group: {
        model::group g(loop_);
        place inside = p;
        inside.group = &g;
        o = co_await run_block(s.body, inside);
        o = co_await g.leave(o);
        break;
      }
      case verb::group_spawn: {
        if (!p.group) {
          result = "no group";
        } else if (task_ptr const child = p.group->start(listed(s.body, tasks_.size(), p.group))) {
          tasks_.push_back(child);
        } else {
          result = "refused";
        }
        break;
      }
      case verb::gather: {
        std::vector<task_ptr> both{task::start(loop_, unlisted(s.body, p)), task::start(loop_, unlisted(s.other, p))};
        o = co_await run_gather(std::move(both), s.b % 2 != 0, result);
        break;
      }
      case verb::gather_task:
        if (t) {
          std::vector<task_ptr> both{t, task::start(loop_, unlisted(s.body, p))};
          o = co_await run_gather(std::move(both), s.b % 2 != 0, result);
        }
        break;
      case verb::shield:
        o = co_await shield(loop_, task::start(loop_, unlisted(s.body, p)));
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
      case verb::stop_group:
        if (p.group) p.group->stop();
        break;
    }
    co_return o;
  }

  co run_gather(std::vector<task_ptr> both, bool all, std::string& result) {
    outcome const o = co_await gather(loop_, both, all);
    auto const told = [](outcome const& one) { return one.empty() ? "ok" : one; };
    if (all && o.empty()) result = told(both[0]->result) + '+' + told(both[1]->result);
    co_return o;
  }

  co run_wait(step const& s, place p, std::string& result) {
    task_ptr const x = above(p, s.a), y = above(p, s.b);
    if (!x) co_return {};
    std::vector<task_ptr> both{x};
    if (y != x) both.push_back(y);
    outcome const o = co_await wait(loop_, both, static_cast<until>((s.a + s.b) % 3));
    result = std::to_string(std::ranges::count_if(both, [](task_ptr const& t) { return t->done; })) + " done";
    co_return o;
  }

  co hold(semaphore& what, step const& s, place p) {
    outcome o = co_await what.acquire();
    if (!o.empty()) co_return o;
    o = co_await run_block(s.body, p);
    what.release();
    co_return o;
  }

  co run_attempt(step const& s, place p, std::string& result) {
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

  program const& program_;
  trace trace_;
  unsigned begun_ = 0;
  bool over_ = false;
  event events_[2] = {event(loop_), event(loop_)};
  semaphore locks_[2] = {semaphore(loop_, 1), semaphore(loop_, 1)};
  semaphore semaphore_{loop_, 2};
  queue queue_{loop_};
  std::vector<task_ptr> tasks_;
  loop loop_;
};

}  // namespace

}  // namespace model

trace run_on_model(program const& p, rules r) { return model::interpreter(p, r).run(); }

}  // namespace halka::fuzz
