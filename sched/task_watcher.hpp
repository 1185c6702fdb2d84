// SPDX-License-Identifier: MIT
#pragma once

// One coroutine that waits for several tasks: what gather, wait, race, as_completed and shield are built on.
//
// A watcher puts one waiter into each task's list. When a task ends, its waiter queues the watcher on the loop (once per pass,
// however many tasks end), and when the watcher runs it notes who has ended and wakes the coroutine if that is what it waits for.
// So the coroutine goes on two passes after a task has ended, as in asyncio. A race cannot wait for that: by then a second task may
// have taken what it waits for. Its watcher cancels the others when the first waiter is told, inside the step that ended. The
// noting part is a counted object of its own: the coroutine may leave (be cancelled) while it is queued.

#include "any_task.hpp"
#include "awaitable.hpp"
#include "export.hpp"
#include "running.hpp"
#include "suspension.hpp"

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace halka {

/// When `wait` returns.
enum class return_when : std::uint8_t {
  first_completed,
  first_exception,  // a cancelled task does not count; if none fails, when all have ended
  all_completed,
};

class HALKA_API task_watcher {
 public:
  /// What a cancellation of the waiting task does.
  enum class on_cancel : std::uint8_t {
    leave,         // the waiting task is cancelled, the watched ones are left alone
    cancel_tasks,  // the watched ones are cancelled and waited for; then the waiting task is cancelled
  };

  explicit task_watcher(std::size_t expected = 0);
  ~task_watcher();
  task_watcher(task_watcher const&) = delete;
  task_watcher& operator=(task_watcher const&) = delete;

  /// Lets the first of the tasks that ends cancel all others, in the step in which it ends; also those that are added later. Called
  /// before tasks are added.
  void let_first_cancel_others() noexcept;

  /// Adds a task; it counts as ended from the next pass on if it has ended already.
  void add(any_task t);

  std::size_t size() const noexcept;
  any_task const& operator[](std::size_t i) const noexcept;
  /// The number of tasks that have not been seen to end.
  std::size_t remaining() const noexcept;
  /// The tasks that have ended, by index, in the order in which they ended.
  std::span<std::uint32_t const> ended() const noexcept;
  /// Whether a task has ended since it was added.
  bool saw_an_end() const noexcept;
  /// The index of the first that failed (or, if asked to count them, was cancelled); `size()` if none.
  std::size_t first_failed() const noexcept;

  /// Cancels every task that has not ended. True if there was one that could be.
  bool cancel_tasks(std::string_view reason = {});

  class operation;
  /// Waits until `w` is fulfilled by the tasks that ended since the watcher was made; for `first_completed` until there are more
  /// than `seen`.
  operation until(return_when w, on_cancel c, bool cancellation_is_failure = false, std::size_t seen = 0) noexcept;

  /// The cancellation that came while waiting with `cancel_tasks`, if one did.
  bool cancel_requested() const noexcept { return cancel_requested_; }
  std::string const& cancel_reason() const noexcept { return cancel_reason_; }
  /// Whether it came before any task had ended; those that had when they were added do not count.
  bool cancelled_before_first() const noexcept { return cancelled_before_first_; }

 private:
  class record;
  class awaiter;
  friend class operation;

  record* record_;
  bool cancel_requested_ = false;
  bool cancelled_before_first_ = false;
  std::string cancel_reason_;
};

/// Suspends a task until a watcher has seen enough.
class HALKA_API task_watcher::awaiter final : public detail::own_awaiter, private suspension {
 public:
  awaiter(task_watcher& w, return_when until, on_cancel c, bool cancellation_is_failure, std::size_t seen) noexcept
      : watcher_(w), until_(until), on_cancel_(c), cancellation_is_failure_(cancellation_is_failure), seen_(seen) {}
  ~awaiter();

  bool await_ready() const;
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> h) {
    task_ = &detail::require_task();
    task_->suspend_at(h.address(), detail::location_of(h));
    begin();
  }
  /// Throws only for `on_cancel::leave`; the others leave the request in the watcher.
  void await_resume();

 private:
  friend class task_watcher::record;
  void begin();
  bool fulfilled() const noexcept;
  bool cancel(std::string_view reason) override;
  void describe(wait_description& d) const override;

  task_watcher& watcher_;
  task_state* task_ = nullptr;
  return_when until_;
  on_cancel on_cancel_;
  bool cancellation_is_failure_;
  std::size_t seen_;
};

class [[nodiscard("must co_await it")]] task_watcher::operation {
 public:
  operation(task_watcher & w, return_when until, on_cancel c, bool cancellation_is_failure, std::size_t seen) noexcept
      : watcher_(&w), until_(until), on_cancel_(c), cancellation_is_failure_(cancellation_is_failure), seen_(seen) {}
  awaiter operator co_await()&& noexcept { return awaiter(*watcher_, until_, on_cancel_, cancellation_is_failure_, seen_); }

 private:
  task_watcher* watcher_;
  return_when until_;
  on_cancel on_cancel_;
  bool cancellation_is_failure_;
  std::size_t seen_;
};

inline task_watcher::operation task_watcher::until(return_when w, on_cancel c, bool cancellation_is_failure,
                                                   std::size_t seen) noexcept {
  return operation(*this, w, c, cancellation_is_failure, seen);
}

}  // namespace halka
