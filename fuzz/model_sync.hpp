// SPDX-License-Identifier: MIT
#pragma once

// The primitives between tasks in the model: asyncio.locks and asyncio.queues, line by line; the queue also with the promises of
// halka (docs/design.md, "Between tasks").

#include "model_loop.hpp"

#include <algorithm>
#include <deque>
#include <list>
#include <optional>

namespace halka::fuzz::model {

class event {
 public:
  explicit event(loop& l) : loop_(l) {}
  void set() {
    if (set_) return;
    set_ = true;
    for (future_ptr const& f : waiters_)
      if (!f->done) f->finish({});
  }
  void clear() { set_ = false; }
  co wait() {
    if (set_) co_return {};
    future_ptr const f = future::make(loop_);
    waiters_.push_back(f);
    outcome const o = co_await wait_for_future(loop_, f);
    waiters_.remove(f);
    co_return o;
  }

 private:
  loop& loop_;
  bool set_ = false;
  std::list<future_ptr> waiters_;
};

class lock {
 public:
  explicit lock(loop& l) : loop_(l) {}
  co acquire() {
    if (try_take()) co_return {};
    future_ptr const f = future::make(loop_);
    add(f);
    outcome const o = co_await wait_for_future(loop_, f);
    remove(f);
    if (hands_over()) {
      if (!o.empty() && f->result != cancelled) release();
    } else if (!o.empty()) {
      if (!locked_) wake_first();
    } else {
      locked_ = true;
    }
    co_return o;
  }
  bool try_take() {
    // In CPython also those wait whose turn it is and who have not run yet.
    auto const gone = [](future_ptr const& f) { return f->done && f->result == cancelled; };
    if (locked_ || (!hands_over() && !std::ranges::all_of(waiters_, gone))) return false;
    return locked_ = true;
  }
  void release() {
    locked_ = false;
    if (!hands_over()) return wake_first();
    auto const next = std::ranges::find(waiters_, false, &future::done);
    if (next == waiters_.end()) return;
    locked_ = true;
    (*next)->grant();
  }
  void add(future_ptr const& f) { waiters_.push_back(f); }
  void remove(future_ptr const& f) { waiters_.remove(f); }

 private:
  /// CPython wakes the first, who then takes it.
  bool hands_over() const { return loop_.wanted == rules::halka; }
  void wake_first() {
    if (!waiters_.empty() && !waiters_.front()->done) waiters_.front()->finish({});
  }

  loop& loop_;
  bool locked_ = false;
  std::list<future_ptr> waiters_;
};

class semaphore {
 public:
  semaphore(loop& l, unsigned value) : loop_(l), value_(value) {}
  co acquire() {
    // In CPython also those wait who have their permit and have not run yet.
    bool const promising = loop_.wanted == rules::halka;
    auto const gone = [promising](future_ptr const& f) { return f->done && (promising || f->result == cancelled); };
    if (value_ > 0 && std::ranges::all_of(waiters_, gone)) {
      --value_;
      co_return {};
    }
    future_ptr const f = future::make(loop_);
    waiters_.push_back(f);
    outcome const o = co_await wait_for_future(loop_, f);
    waiters_.remove(f);
    if (o == cancelled && f->done && f->result != cancelled) ++value_;
    while (value_ > 0 && wake_next()) {
    }
    co_return o;
  }
  void release() {
    ++value_;
    wake_next();
  }

 private:
  bool wake_next() {
    for (future_ptr const& f : waiters_) {
      if (f->done) continue;
      --value_;
      f->finish({});
      return true;
    }
    return false;
  }

  loop& loop_;
  unsigned value_;
  std::list<future_ptr> waiters_;
};

/// Of one item.
class queue {
 public:
  explicit queue(loop& l) : loop_(l) {}

  co put(unsigned item) {
    bool const promising = loop_.wanted == rules::halka;
    if (promising ? free() == 0 || promised_places_ > 0 : items_.size() == room) {
      while (true) {
        future_ptr const f = future::make(loop_);
        putters_.push_back(f);
        if (promising) promise();
        outcome const o = co_await wait_for_future(loop_, f);
        bool const told = f->result != cancelled;
        putters_.remove(f);
        if (promising && told) --promised_places_;
        if (!o.empty()) {
          if (promising)
            promise();
          else if (items_.size() < room && told)
            wake_next(putters_);
          co_return o;
        }
        if (promising || items_.size() < room) break;
      }
    }
    items_.push_back(item);
    if (promising)
      promise();
    else
      wake_next(getters_);
    co_return {};
  }

  co get(unsigned& item) {
    bool const promising = loop_.wanted == rules::halka;
    if (promising ? items_.size() == promised_items_ : items_.empty()) {
      while (true) {
        future_ptr const f = future::make(loop_);
        getters_.push_back(f);
        outcome const o = co_await wait_for_future(loop_, f);
        bool const told = f->result != cancelled;
        getters_.remove(f);
        if (promising && told) --promised_items_;
        if (!o.empty()) {
          if (promising)
            promise();
          else if (!items_.empty() && told)
            wake_next(getters_);
          co_return o;
        }
        if (promising || !items_.empty()) break;
      }
    }
    item = items_.front();
    items_.pop_front();
    if (promising)
      promise();
    else
      wake_next(putters_);
    co_return {};
  }

 private:
  static constexpr std::size_t room = 1;
  using list = std::list<future_ptr>;

  std::size_t free() const { return room - items_.size() - promised_places_; }
  void promise() {
    while (items_.size() > promised_items_ && wake_next(getters_)) ++promised_items_;
    while (free() > 0 && wake_next(putters_)) ++promised_places_;
  }
  /// CPython takes who is woken out of the list; here he stays until he runs, done.
  static bool wake_next(list& waiters) {
    for (future_ptr const& f : waiters) {
      if (f->done) continue;
      f->finish({});
      return true;
    }
    return false;
  }

  loop& loop_;
  std::deque<unsigned> items_;
  std::size_t promised_items_ = 0, promised_places_ = 0;
  list getters_, putters_;
};

}  // namespace halka::fuzz::model
