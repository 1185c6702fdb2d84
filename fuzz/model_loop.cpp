// SPDX-License-Identifier: MIT
#include "model_loop.hpp"

#include <algorithm>

namespace halka::fuzz::model {

// -- the loop

loop::~loop() {
  for (auto const& f : futures)
    if (future_ptr const alive = f.lock()) alive->let_go();
}

loop::handle_ptr loop::call_soon(function f) {
  ready_.push_back(std::make_shared<handle>());
  ready_.back()->run = std::move(f);
  return ready_.back();
}

loop::handle_ptr loop::call_at(std::uint64_t when, function f) {
  handle_ptr h = std::make_shared<handle>();
  h->run = std::move(f);
  timers_.emplace(std::pair(when, ++timers_set_), h);
  return h;
}

loop::handle_ptr loop::call_first(function f) {
  first_.push_back(std::make_shared<handle>());
  first_.back()->run = std::move(f);
  return first_.back();
}

void loop::run(std::function<bool()> const& stop) {
  while (!stop()) {
    std::erase_if(timers_, [](auto const& t) { return t.second->dropped; });
    for (handle_ptr const& h : std::exchange(first_, {}))
      if (!h->dropped) h->run();
    if (ready_.empty()) {
      if (timers_.empty()) return;
      now = std::max(now, timers_.begin()->first.first);
    }
    while (!timers_.empty() && timers_.begin()->first.first <= now) {
      ready_.push_back(timers_.begin()->second);
      timers_.erase(timers_.begin());
    }
    for (std::size_t n = ready_.size(); n > 0; --n) {
      handle_ptr const h = std::move(ready_.front());
      ready_.pop_front();
      if (!h->dropped) h->run();
    }
  }
}

// -- futures

future_ptr future::make(loop& l) {
  auto f = std::make_shared<future>(l);
  l.futures.push_back(f);
  return f;
}

bool future::cancel() {
  if (done) return false;
  finish(cancelled);
  return true;
}

void future::finish(outcome o) {
  done = true;
  result = std::move(o);
  std::vector<callback> const told = std::exchange(callbacks_, {});
  for (callback const& c : told) {
    if (c.at_once)
      c.run();
    else
      home.call_soon(c.run);
  }
}

unsigned future::when_done(std::function<void()> f) {
  if (done)
    home.call_soon(std::move(f));
  else
    callbacks_.push_back({++numbers_, std::move(f), false});
  return numbers_;
}

unsigned future::at_end(std::function<void()> f) {
  if (done)
    f();
  else
    callbacks_.push_back({++numbers_, std::move(f), true});
  return numbers_;
}

void future::forget(unsigned number) {
  std::erase_if(callbacks_, [number](callback const& c) { return c.number == number; });
}

// -- tasks

task_ptr task::start(loop& l, co body) {
  auto t = std::make_shared<task>(l, std::move(body));
  l.futures.push_back(t);
  l.call_soon([t] { t->step({}); });
  return t;
}

void task::step(outcome o) {
  if (holds_) {
    holds_ = false;
    o.clear();
  } else {
    if (must_cancel()) o = cancelled;
    deliver_all();
  }
  waiter_ = nullptr;
  task_ptr const self = std::static_pointer_cast<task>(shared_from_this());
  bool const first = !begun_;
  begun_ = true;
  if (first && !o.empty()) return finish(o);
  task* const outer = std::exchange(home.current, this);
  delivered_ = std::move(o);
  std::coroutine_handle<> const h = first ? body_.get() : at_;
  h.resume();
  home.current = outer;
  if (body_.get().done()) {
    outcome const end = body_.get().promise().result;
    return finish(end.empty() && must_cancel() ? cancelled : end);
  }
  if (!waiter_) {
    home.call_soon([self] { self->step({}); });
    return;
  }
  waiter_->when_done([self] { self->wake_up(); });
  if (must_cancel() && asks_waiter()) take_all();
}

void task::wake_up() { step(waiter_->result); }

bool task::asks_waiter() {
  // Tasks that wait for each other in a circle are not part of the programs; one that is asked while it asks is.
  if (asking_) return false;
  asking_ = true;
  bool const letting_go = waiter_ && waiter_->cancel();
  asking_ = false;
  return letting_go;
}

bool task::cancel() {
  if (done) return false;
  ++cancels_;
  own_.pending = true;
  if (!shielded() && asks_waiter()) take_all();
  return true;
}

bool task::shielded() const { return std::ranges::any_of(blocks_, &request::shield); }

bool task::sees(request const& r) const {
  return std::ranges::none_of(blocks_, [&r](request const* b) { return b->shield && b->entered > r.entered; });
}

bool task::must_cancel() const {
  if (own_.pending && !shielded()) return true;
  return std::ranges::any_of(blocks_, [this](request const* r) { return (r->pending || (r->level && r->asked)) && sees(*r); });
}

void task::take_all() {
  if (!shielded()) own_.taken = std::exchange(own_.pending, false) || own_.taken;
  for (request* r : blocks_) {
    if (!sees(*r) || !(r->pending || (r->level && r->asked))) continue;
    r->pending = false;
    r->taken = true;
    r->touched = ++home.moments;
  }
}

void task::deliver_all() {
  own_.taken = false;
  if (!shielded()) own_.pending = false;
  for (request* r : blocks_) {
    if (!r->taken && !(r->pending && sees(*r))) continue;
    r->pending = r->taken = false;
    r->touched = ++home.moments;
  }
}

void task::put_back() {
  bool any = false;
  for (request* r : blocks_) {
    if (!std::exchange(r->taken, false)) continue;
    r->pending = any = true;
  }
  if (std::exchange(own_.taken, false) || !any) own_.pending = true;
}

outcome task::check() {
  bool const throws = must_cancel();
  deliver_all();
  return throws ? cancelled : outcome();
}

unsigned task::cancelling() const {
  return cancels_ + static_cast<unsigned>(std::ranges::count_if(blocks_, [](request const* r) { return r->asked; }));
}

unsigned task::uncancel() {
  if (cancels_ > 0 && --cancels_ == 0) own_.pending = false;
  return cancelling();
}

// -- blocks

void task::enter(request& r) {
  r.entered = ++home.moments;
  r.cancels_at_entry = cancels_;
  r.pending_at_entry = own_.pending;
  if (home.wanted == rules::halka) blocks_.push_back(&r);
}

void task::ask(request& r) {
  r.asked = true;
  if (home.wanted == rules::asyncio) {
    cancel();
    return;
  }
  r.touched = ++home.moments;
  r.pending = true;
  if (sees(r) && asks_waiter()) take_all();
}

bool task::leave(request& r, outcome const& o) {
  std::erase(blocks_, &r);
  if (!r.asked) return false;
  if (home.wanted == rules::asyncio) return uncancel() <= r.cancels_at_entry && o == cancelled;
  if (o != cancelled) return false;
  if (r.shield) return true;
  if (!shielded() && (cancels_ > r.cancels_at_entry || r.pending_at_entry)) return false;
  return std::ranges::none_of(blocks_, [this, &r](request const* outer) {
    return outer->asked && sees(*outer) && (outer->pending || outer->taken || outer->level || outer->touched > r.entered);
  });
}

void task::deliver_again(request const& r) {
  if (home.wanted == rules::asyncio) {
    if (cancels_ == 0) return;
    uncancel();
    cancel();
    return;
  }
  if (!shielded() && (cancels_ > r.cancels_at_entry || r.pending_at_entry)) own_.pending = true;
  for (request* outer : blocks_)
    if (outer->touched > r.entered) outer->pending = true;
}

}  // namespace halka::fuzz::model
