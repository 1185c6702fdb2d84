// SPDX-License-Identifier: MIT
#pragma once

// asyncio.Condition and asyncio.Barrier in the model, line by line, and what halka makes of them (docs/design.md, "Between tasks").

#include "model_sync.hpp"

#include <list>
#include <memory>
#include <string>
#include <vector>

namespace halka::fuzz::model {

inline outcome const broken = "broken";

class condition {
 public:
  condition(loop& l, lock& of) : loop_(l), lock_(of) {}

  co wait() { return loop_.wanted == rules::halka ? wait_once() : wait_twice(); }
  void notify(std::size_t n) {
    for (future_ptr const& f : std::list(waiters_)) {
      if (n == 0) return;
      if (f->done) continue;
      f->grant();
      --n;
    }
  }

 private:
  /// halka's: who is notified, or cancelled while he listens, is in line for the lock in that moment.
  class wait_for_both : public future {
   public:
    wait_for_both(loop& l, condition& c) : future(l), condition_(c) {}
    void grant() override {
      if (locking_) return finish(cancelled_ ? cancelled : outcome());
      notified = true;
      take_lock();
    }
    bool cancel() override {
      if (done) return false;
      cancelled_ = true;
      if (!locking_) take_lock();
      return true;
    }
    bool notified = false;

   private:
    void take_lock() {
      future_ptr const self = shared_from_this();
      condition_.waiters_.remove(self);
      locking_ = true;
      if (condition_.lock_.try_take())
        grant();
      else
        condition_.lock_.add(self);
    }

    condition& condition_;
    bool locking_ = false;
    bool cancelled_ = false;
  };

  co wait_once() {
    auto const f = std::make_shared<wait_for_both>(loop_, *this);
    loop_.futures.push_back(f);
    lock_.release();
    waiters_.push_back(f);
    outcome const o = co_await wait_for_future(loop_, f);
    lock_.remove(f);
    if (!o.empty() && f->notified) notify(1);
    co_return o;
  }

  co wait_twice() {
    future_ptr const f = future::make(loop_);
    lock_.release();
    waiters_.push_back(f);
    outcome o = co_await wait_for_future(loop_, f);
    waiters_.remove(f);
    while (true) {
      outcome const interrupted = co_await lock_.acquire();
      if (interrupted.empty()) break;
      o = interrupted;
    }
    if (!o.empty()) notify(1);
    co_return o;
  }

  loop& loop_;
  lock& lock_;
  std::list<future_ptr> waiters_;
};

class barrier {
 public:
  barrier(loop& l, unsigned parties) : loop_(l), parties_(parties) {}

  co wait(unsigned& index) { return loop_.wanted == rules::halka ? meet(index) : wait_in_states(index); }
  /// Resets it, or breaks it.
  co turn_away(bool breaks) { return loop_.wanted == rules::halka ? turn_away_now(breaks) : turn_away_in_state(breaks); }

 private:
  // -- halka's

  struct party {
    future_ptr woken;
    unsigned index = 0;
    bool refused = false;
  };
  using party_ptr = std::shared_ptr<party>;

  co meet(unsigned& index) {
    if (is_broken_) co_return broken;
    auto const gone = [](party_ptr const& p) { return p->woken->done; };
    waiting_.remove_if(gone);
    index = static_cast<unsigned>(waiting_.size());
    if (index + 1 == parties_) {
      unsigned number = 0;
      for (party_ptr const& p : waiting_) {
        p->index = number++;
        p->woken->finish({});
      }
      leaving_.splice(leaving_.end(), waiting_);
      co_return {};
    }
    auto const self = std::make_shared<party>();
    self->woken = future::make(loop_);
    waiting_.push_back(self);
    outcome const o = co_await wait_for_future(loop_, self->woken);
    waiting_.remove(self);
    leaving_.remove(self);
    index = self->index;
    if (o.empty() && self->refused) co_return broken;
    co_return o;
  }

  co turn_away_now(bool breaks) {
    is_broken_ = breaks;
    for (party_ptr const& p : leaving_) p->refused = true;
    for (party_ptr const& p : waiting_) {
      p->refused = true;
      if (!p->woken->done) p->woken->finish({});
    }
    waiting_.clear();
    co_return {};
  }

  // -- asyncio's

  enum class state { filling, draining, resetting, aborted };

  co wait_in_states(unsigned& index) {
    outcome o = co_await lock_.acquire();
    if (!o.empty()) co_return o;
    while (o.empty() && (state_ == state::draining || state_ == state::resetting)) o = co_await changed_.wait();
    if (o.empty() && state_ == state::aborted) o = broken;
    if (o.empty()) {
      index = count_++;
      if (index + 1 == parties_) {
        state_ = state::draining;
        changed_.notify(all);
      } else {
        while (o.empty() && state_ == state::filling) o = co_await changed_.wait();
        if (o.empty() && (state_ == state::aborted || state_ == state::resetting)) o = broken;
      }
      if (--count_ == 0) {
        if (state_ == state::resetting || state_ == state::draining) state_ = state::filling;
        changed_.notify(all);
      }
    }
    lock_.release();
    co_return o;
  }

  co turn_away_in_state(bool breaks) {
    outcome const o = co_await lock_.acquire();
    if (!o.empty()) co_return o;
    if (breaks)
      state_ = state::aborted;
    else
      state_ = count_ > 0 ? state::resetting : state::filling;
    changed_.notify(all);
    lock_.release();
    co_return {};
  }

  static constexpr std::size_t all = 1000;

  loop& loop_;
  unsigned const parties_;
  std::list<party_ptr> waiting_, leaving_;
  bool is_broken_ = false;

  lock lock_{loop_};
  condition changed_{loop_, lock_};
  state state_ = state::filling;
  unsigned count_ = 0;
};

}  // namespace halka::fuzz::model
