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

// -- scope

scope::scope(loop& l, options const& o) : task_(*l.current), options_(o) {
  request_.level = !o.edge;
  request_.shield = o.shield;
  task_.enter(request_);
  if (o.cancelled_before) {
    ask();
  } else if (o.deadline) {
    auto const fire = [this] { ask(); };
    handle_ = *o.deadline == 0 ? l.call_first(fire) : l.call_at(l.now + *o.deadline, fire);
  }
}

void scope::ask() {
  cancelled_ = true;
  if (handle_) handle_->dropped = true;
  task_.ask(request_);
}

void scope::cancel() {
  if (!left_ && (!cancelled_ || options_.edge)) ask();
}

bool scope::leave(outcome const& o) {
  left_ = true;
  if (handle_) handle_->dropped = true;
  return task_.leave(request_, o);
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

}  // namespace halka::fuzz::model
