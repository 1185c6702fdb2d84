// SPDX-License-Identifier: MIT
#pragma once

// A model of asyncio: its loop, futures and tasks, rule by rule (CPython 3.13: base_events, futures, tasks), and nothing of
// halka's.
//
// A coroutine of the model yields an outcome: the empty text, or the name of what it throws. There are no exceptions in it, so who
// awaits looks at the outcome and decides.
//
// What halka does otherwise is in `task`: there each block of a task asks for itself (`request`), once or until it is left, and may
// hide what is asked for outside of it, while asyncio only counts.

#include "program.hpp"

#include <coroutine>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace halka::fuzz::model {

using outcome = std::string;
inline outcome const cancelled = "cancelled";

class future;
class task;

class loop {
 public:
  explicit loop(rules r) : wanted(r) {}
  /// Tasks that never end refer to themselves.
  ~loop();
  loop(loop const&) = delete;
  loop& operator=(loop const&) = delete;

  using function = std::function<void()>;
  struct handle {
    function run;
    bool dropped = false;
  };
  using handle_ptr = std::shared_ptr<handle>;

  handle_ptr call_soon(function f);
  handle_ptr call_at(std::uint64_t when, function f);
  /// Before everything else in the next pass. In asyncio nothing does it.
  handle_ptr call_first(function f);
  /// Until nothing is ready and no timer is set, or `stop` holds.
  void run(std::function<bool()> const& stop);

  rules const wanted;
  std::uint64_t now = 0;
  task* current = nullptr;
  std::uint64_t moments = 0;  // the order in which blocks are entered and requests are made
  std::vector<std::weak_ptr<future>> futures;

 private:
  std::deque<handle_ptr> ready_;
  std::vector<handle_ptr> first_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, handle_ptr> timers_;
  std::uint64_t timers_set_ = 0;
};

class future : public std::enable_shared_from_this<future> {
 public:
  explicit future(loop& l) : home(l) {}
  virtual ~future() = default;
  static std::shared_ptr<future> make(loop& l);

  bool done = false;
  outcome result;
  loop& home;

  virtual bool cancel();
  void finish(outcome o);
  /// What is waited for is handed over.
  virtual void grant() { finish({}); }
  /// In the pass after it is done. *Result*: a number to remove it with.
  unsigned when_done(std::function<void()> f);
  void forget(unsigned callback);
  /// The same in the moment in which it is done.
  unsigned at_end(std::function<void()> f);
  virtual void let_go() { callbacks_.clear(); }

 private:
  struct callback {
    unsigned number;
    std::function<void()> run;
    bool at_once;
  };
  std::vector<callback> callbacks_;
  unsigned numbers_ = 0;
};
using future_ptr = std::shared_ptr<future>;

/// A coroutine of the model: begins when it is awaited, or stepped by its task.
class [[nodiscard]] co {
 public:
  struct promise_type {
    outcome result;
    std::coroutine_handle<> awaited_by;

    co get_return_object() { return co(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    struct back {
      bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) const noexcept {
        if (h.promise().awaited_by) return h.promise().awaited_by;
        return std::noop_coroutine();
      }
      void await_resume() const noexcept {}
    };
    back final_suspend() noexcept { return {}; }
    void return_value(outcome o) { result = std::move(o); }
    void unhandled_exception() { std::terminate(); }
  };

  explicit co(std::coroutine_handle<promise_type> h) noexcept : handle_(h) {}
  co(co&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  co& operator=(co&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~co() {
    if (handle_) handle_.destroy();
  }

  struct awaiter {
    explicit awaiter(std::coroutine_handle<promise_type> h) noexcept : handle(h) {}
    awaiter(awaiter const&) = delete;
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
      handle.promise().awaited_by = h;
      return handle;
    }
    outcome await_resume() { return handle.promise().result; }
    std::coroutine_handle<promise_type> handle;
  };
  awaiter operator co_await() && noexcept { return awaiter(handle_); }

  std::coroutine_handle<promise_type> get() const noexcept { return handle_; }

 private:
  std::coroutine_handle<promise_type> handle_;
};

/// Whose a request to cancel is, in halka: a block of the task.
struct request {
  bool level = false;   // once asked, every suspension throws
  bool shield = false;  // hides what is outside
  bool asked = false;
  bool pending = false;
  bool taken = false;
  std::uint64_t touched = 0;
  std::uint64_t entered = 0;
  unsigned cancels_at_entry = 0;
  bool pending_at_entry = false;
};

class task final : public future {
 public:
  task(loop& l, co body) : future(l), body_(std::move(body)) {}
  static std::shared_ptr<task> start(loop& l, co body);

  bool cancel() override;
  unsigned cancelling() const;
  unsigned uncancel();

  // -- blocks: asyncio's are cancel() and uncancel(), halka's have requests

  void enter(request& r);
  void ask(request& r);
  /// What leaves the block, if `o` left its body; true if it is the block's own cancellation.
  bool leave(request& r, outcome const& o);
  /// In halka: what is asked for outside is delivered again.
  void deliver_again(request const& r);
  /// What was taken is not delivered after all: the next suspension throws it.
  void put_back();
  /// The next suspension does not throw; who suspends asks for it with `check`.
  void hold() { holds_ = true; }
  outcome check();
  void let_go() override {
    future::let_go();
    waiter_ = nullptr;
    body_ = co(nullptr);
  }

  /// For awaiters.
  void suspend(std::coroutine_handle<> h, future_ptr f) {
    at_ = h;
    waiter_ = std::move(f);
  }
  outcome take_delivered() { return std::exchange(delivered_, {}); }

 private:
  void step(outcome o);
  void wake_up();
  bool shielded() const;
  bool sees(request const& r) const;
  bool must_cancel() const;
  void take_all();
  void deliver_all();
  bool asks_waiter();

  co body_;
  std::coroutine_handle<> at_;
  future_ptr waiter_;
  outcome delivered_;
  bool begun_ = false;
  bool asking_ = false;
  bool holds_ = false;
  unsigned cancels_ = 0;
  request own_;  // made with cancel(); in asyncio `pending` of all
  std::vector<request*> blocks_;
};
using task_ptr = std::shared_ptr<task>;

/// Awaits a future, or, without one, a pass.
class wait_for_future {
 public:
  wait_for_future(loop& l, future_ptr f) noexcept : loop_(l), future_(std::move(f)) {}
  wait_for_future(wait_for_future const&) = delete;
  bool await_ready() const noexcept { return future_ && future_->done; }
  void await_suspend(std::coroutine_handle<> h) {
    task_ = loop_.current;
    task_->suspend(h, future_);
  }
  outcome await_resume() { return task_ ? task_->take_delivered() : future_->result; }

 private:
  loop& loop_;
  future_ptr future_;
  task* task_ = nullptr;
};

}  // namespace halka::fuzz::model
