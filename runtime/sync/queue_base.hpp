// SPDX-License-Identifier: MIT
#pragma once

// The part of a queue that does not depend on its items: who waits, and what was promised to whom.
//
// A getter that is woken was promised one of the items: from then on nobody else can take that many. It takes the one that is next
// when it resumes. A putter that is woken was promised a place; its item lies in its frame until it resumes and puts it in. If one
// is cancelled before it resumes, its promise goes to the next who waits, or back. So a cancelled put never inserts, a cancelled
// get never takes, the order is kept, and nobody gets in front of those who wait.
//
//   items + promised places <= limit      an item that is promised keeps its place until it is taken
//   promised items <= items
//   somebody waits to get: all items are promised; somebody waits to put: all places are taken or promised

#include "../../sched/export.hpp"
#include "sync_awaiter.hpp"

#include <coroutine>
#include <cstddef>
#include <optional>

namespace halka {

/// What `queue`, `lifo_queue` and `priority_queue` have in common.
class HALKA_API queue_base {
 public:
  class join_awaiter;

  queue_base(queue_base const&) = delete;
  queue_base& operator=(queue_base const&) = delete;

  /// How many items can be taken now: those that were promised to tasks that waited are not counted.
  std::size_t size() const noexcept { return items_ - promised_items_; }
  /// True if `get_nowait` would throw.
  bool empty() const noexcept { return !has_item(); }
  /// True if `put_nowait` would throw although the queue is not shut down. An item has its place until it is taken, so a queue may
  /// be empty and full while the task that was promised its only item has not resumed.
  bool full() const noexcept { return !has_place(); }
  /// 0 if there is no limit.
  std::size_t maxsize() const noexcept { return limit_ == no_limit ? 0 : limit_; }

  /// Tells that the work on an item that was taken is done. *Errors*: `std::invalid_argument` if it is told more often than items
  /// were put.
  void task_done();

  /// Suspends until the work on every item that was put is done; not at all if it is. *Errors*: `cancelled_error`.
  sync_operation<join_awaiter, queue_base> join() noexcept { return sync_operation<join_awaiter, queue_base>(*this); }

  struct statistics_type {
    std::size_t size;
    std::size_t maxsize;
    std::size_t unfinished;  // items that were put and of which `task_done` was not told
    std::size_t waiting_to_get;
    std::size_t waiting_to_put;
    std::size_t waiting_to_join;
    bool shut_down;
  };
  statistics_type statistics() const noexcept;

 protected:
  class get_awaiter;
  class put_awaiter;
  class waiting_put;

  explicit queue_base(std::ptrdiff_t maxsize) noexcept : limit_(maxsize > 0 ? static_cast<std::size_t>(maxsize) : no_limit) {}
  ~queue_base() = default;

  void check_put_nowait() const {
    if (shut_down_ || !has_place()) [[unlikely]]
      refuse_put();
  }
  void check_get_nowait() const {
    if (!has_item()) [[unlikely]]
      refuse_get();
  }
  void added() {
    ++items_;
    ++unfinished_;
    if (!getters_.empty()) promise_item();
  }
  void taken() {
    --items_;
    if (!putters_.empty()) promise_place();
  }
  /// If there is an item that was promised to nobody: promises it to the first who waits.
  void offer_item() {
    if (!getters_.empty() && has_item()) promise_item();
  }
  void offer_place() {
    if (!putters_.empty() && has_place()) promise_place();
  }
  void shut_down(bool immediate) noexcept;

 private:
  static constexpr std::size_t no_limit = static_cast<std::size_t>(-1);

  bool has_item() const noexcept { return items_ > promised_items_; }
  bool has_place() const noexcept { return items_ + promised_places_ < limit_; }
  void promise_item() {
    ++promised_items_;
    getters_.grant_first();
  }
  void promise_place() {
    ++promised_places_;
    putters_.grant_first();
  }
  [[noreturn]] void refuse_put() const;
  [[noreturn]] void refuse_get() const;

  std::size_t const limit_;
  std::size_t items_ = 0;
  std::size_t promised_items_ = 0;
  std::size_t promised_places_ = 0;
  std::size_t unfinished_ = 0;
  bool shut_down_ = false;
  sync_waiters getters_;
  sync_waiters putters_;
  sync_waiters joiners_;
};

/// Waits for an item, and then has one to take.
class HALKA_API queue_base::get_awaiter : public sync_awaiter {
 public:
  bool await_ready() const {
    if (queue_.has_item()) [[likely]]
      return detail::within_budget();
    if (queue_.shut_down_) queue_.refuse_get();
    return false;
  }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> h) {
    begin(h);
    if (queue_.has_item()) [[unlikely]]
      wait_with_promise();
    else
      wait_in(queue_.getters_);
  }

 protected:
  explicit get_awaiter(queue_base& q) noexcept : queue_(q) {}
  ~get_awaiter() = default;
  /// Throws if there is nothing to take.
  void claim() {
    if (!suspended()) return;
    if (task().cancel_due() || queue_.shut_down_) [[unlikely]]
      claim_oddly();
    else
      --queue_.promised_items_;  // who is woken was granted it
  }

  queue_base& queue_;

 private:
  void wait_with_promise();
  [[gnu::cold]] void claim_oddly();
  void describe(wait_description& d) const final;
};

/// What of a put lies in the queue's list while it waits.
class HALKA_API queue_base::waiting_put final : public sync_awaiter {
 public:
  explicit waiting_put(queue_base& q) noexcept : queue_(q) {}
  template <class Promise>
  void wait(std::coroutine_handle<Promise> h) {
    begin(h);
    if (queue_.has_place()) [[unlikely]]
      wait_with_promise();
    else
      wait_in(queue_.putters_);
  }
  /// Throws if there is no place.
  void claim() {
    if (task().cancel_due() || queue_.shut_down_) [[unlikely]]
      leave_without_place();
    --queue_.promised_places_;  // who is woken was granted it
  }

 private:
  void wait_with_promise();
  [[noreturn, gnu::cold]] void leave_without_place();
  void describe(wait_description& d) const override;

  queue_base& queue_;
};

/// Waits for a place, and then has one to put an item in. Most puts find one, so what waiting needs is made only then.
class HALKA_API queue_base::put_awaiter : public detail::own_awaiter {
 public:
  bool await_ready() const {
    // Not in front of those who were promised a place and have not resumed.
    if (queue_.promised_places_ == 0 && queue_.items_ < queue_.limit_ && !queue_.shut_down_) [[likely]]
      return detail::within_budget();
    if (queue_.shut_down_) queue_.refuse_put();
    return false;
  }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> h) {
    waiting_.emplace(queue_).wait(h);
  }

 protected:
  explicit put_awaiter(queue_base& q) noexcept : queue_(q) {}
  ~put_awaiter() = default;
  /// Throws if there is no place.
  void claim() {
    if (waiting_) waiting_->claim();
  }

  queue_base& queue_;

 private:
  std::optional<waiting_put> waiting_;
};

class HALKA_API queue_base::join_awaiter final : public sync_awaiter {
 public:
  explicit join_awaiter(queue_base& q) noexcept : queue_(q) {}
  bool await_ready() {
    if (queue_.unfinished_ > 0) return false;
    set_granted();
    return detail::within_budget();
  }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> h) {
    suspend(h, queue_.joiners_);
  }
  void await_resume() { check_cancelled(); }

 private:
  void describe(wait_description& d) const override;

  queue_base& queue_;
};

}  // namespace halka
