// SPDX-License-Identifier: MIT
#pragma once

#include "awaitable.hpp"
#include "clock.hpp"
#include "event_loop.hpp"
#include "export.hpp"
#include "running.hpp"
#include "suspension.hpp"
#include "task.hpp"
#include "task_state.hpp"
#include "timer_queue.hpp"

#include <coroutine>
#include <string_view>

namespace halka {

namespace detail {

class yield_awaiter : public own_awaiter {
 public:
  bool await_ready() const noexcept { return false; }

  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> h) const {
    task_state& t = detail::current.task ? *detail::current.task : require_task();
    t.suspend_at(h.address(), location_of(h));
    t.yield_to(detail::current.loop->ready());
  }
  void await_resume() const { detail::current.task->check_cancelled(); }
};

class HALKA_API sleep_awaiter final : public own_awaiter, private suspension, private timer {
 public:
  explicit sleep_awaiter(clock::time_point when) noexcept : timer(deadline_came) { deadline = when; }
  ~sleep_awaiter() {
    if (set()) task().loop().timers().remove(*this);
  }

  bool await_ready() const noexcept { return false; }

  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> h) {
    task_state& t = detail::current.task ? *detail::current.task : require_task();
    t.suspend_at(h.address(), location_of(h));
    begin(t);
  }
  void await_resume() const { detail::current.task->check_cancelled(); }

 private:
  void begin(task_state& t);
  bool cancel(std::string_view reason) override;
  void describe(wait_description& d) const override;
  static void deadline_came(timer& t);

  task_state& task() const noexcept { return *static_cast<task_state*>(subject); }
};

}  // namespace detail

/// What `yield_now` returns.
class [[nodiscard("must co_await yield_now()")]] yield_operation {
 public:
  yield_operation() noexcept = default;
  detail::yield_awaiter operator co_await()&& noexcept { return {}; }
};

/// What `sleep` and `sleep_until` return.
class [[nodiscard("must co_await sleep(...)")]] sleep_operation {
 public:
  explicit sleep_operation(clock::time_point deadline) noexcept : deadline_(deadline) {}
  explicit sleep_operation(clock::duration duration) noexcept : deadline_(duration), relative_(true) {}

  detail::sleep_awaiter operator co_await()&& noexcept {
    if (!relative_) return detail::sleep_awaiter(deadline_);
    clock::duration const duration = deadline_.time_since_epoch();
    if (duration <= clock::duration::zero()) return detail::sleep_awaiter(clock::time_point::min());
    return detail::sleep_awaiter(after(clock::now(), duration));
  }

 private:
  clock::time_point deadline_;  // or the duration, as the time since the epoch
  bool relative_ = false;
};

/// Lets every other task that is ready run once.
///
/// *Suspends*: always, for exactly one pass of the loop.
/// *Errors*: `cancelled_error`.
/// *Source*: asyncio.sleep(0).
inline yield_operation yield_now() noexcept { return {}; }

/// Suspends until the loop's clock has reached `deadline`; for one pass if it has already.
///
/// *Errors*: `cancelled_error`; the timer is then gone.
/// *Complexity*: constant, to set and to cancel, for a deadline more than a millisecond away; else logarithmic.
inline sleep_operation sleep_until(clock::time_point deadline) noexcept { return sleep_operation(deadline); }

/// Suspends for `duration`, counted from the `co_await`, never shorter; zero and negative durations for one pass.
///
/// *Errors*: `cancelled_error`; `std::invalid_argument` for a duration that is not a number.
/// *Source*: asyncio.sleep.
template <class Rep, class Period>
sleep_operation sleep(std::chrono::duration<Rep, Period> duration) {
  return sleep_operation(to_clock_duration(duration));
}

/// The same, and then yields `result`.
template <class Rep, class Period, class T>
task<T> sleep(std::chrono::duration<Rep, Period> duration, T result) {
  co_await sleep(duration);
  co_return result;
}

}  // namespace halka
