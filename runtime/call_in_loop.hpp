// SPDX-License-Identifier: MIT
#pragma once

// How a call on a worker thread gets back into the loop whose task awaits it.
//
// The worker sends a request to the loop and sleeps on a std::future. The loop starts a task, which the job knows while it runs, so
// that it ends with the job's own task. A request that comes too late, because nobody waits for the call any more, is refused.

#include "../sched/context.hpp"
#include "../sched/create_task.hpp"
#include "../sched/export.hpp"
#include "../sched/runnable.hpp"
#include "../sched/task.hpp"
#include "run_coroutine_threadsafe.hpp"
#include "thread_job.hpp"

#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <type_traits>
#include <utility>

namespace halka {

/// A request of the call that runs on this thread to its loop.
class HALKA_API loop_call : private runnable {
 public:
  virtual ~loop_call();
  loop_call(loop_call const&) = delete;
  loop_call& operator=(loop_call const&) = delete;

  /// Sends it home; it is destroyed in the loop, or here if the loop has ended.
  static void send(std::unique_ptr<loop_call> request);

 protected:
  /// *Errors*: `std::logic_error` if no job's call runs on this thread.
  loop_call();
  /// Starts the task that was asked for, after `began(task)`.
  virtual void start() = 0;
  virtual void refuse(std::exception_ptr why) = 0;
  void began(any_task const& task);

 private:
  static void arrived(runnable& r);

  thread_job& job_;  // its call waits
  context_ref context_;
};

namespace detail {

template <class T>
class loop_call_of final : public loop_call {
 public:
  explicit loop_call_of(std::shared_ptr<sent_task<T>> sent) noexcept(false) : sent_(std::move(sent)) {}

 private:
  void start() override {
    sent_task<T>::start(sent_, [this](any_task const& task) { began(task); });
  }
  void refuse(std::exception_ptr why) override { sent_->fail(std::move(why)); }
  std::shared_ptr<sent_task<T>> sent_;
};

/// A plain function as a coroutine.
template <class R, class F, class... Args>
task<R> call_as_task(F fn, Args... args) {
  co_return std::invoke(std::move(fn), std::move(args)...);
}

/// Waits for the result of what was sent. *Errors*: `std::logic_error` if the loop has ended meanwhile.
template <class T>
T wait_for_loop(std::future<T> result) {
  try {
    return result.get();
  } catch (std::future_error const&) {
    throw std::logic_error("call_in_loop: the event loop has ended");
  }
}

template <class T>
T call_in_loop(task<T> coroutine) {
  auto sent = std::make_shared<sent_task<T>>(std::move(coroutine));
  std::future<T> result = sent->get_future();
  auto request = std::make_unique<loop_call_of<T>>(std::move(sent));
  loop_call::send(std::move(request));
  return wait_for_loop(std::move(result));
}

}  // namespace detail

/// Calls `fn(args...)` in the loop and waits for it: for functions that `to_thread` or `thread_pool::submit` runs on a worker
/// thread and that need something of the loop's. If `fn` makes a task, that is awaited. It runs in the loop of the task that awaits
/// the call, as a task of its own that sees the task-local values of the call.
///
/// *Result*, *Errors*: those of `fn(args...)`; `cancelled_error` if the task that awaits the call is cancelled meanwhile, which
/// cancels this one too, or was cancelled before; `std::logic_error` on threads that run no such call (use
/// `run_coroutine_threadsafe` there) and when the loop has ended.
/// *Lifetime*: `fn` and `args` are copied or moved.
/// *Source*: anyio.from_thread.run.
template <class F, class... Args>
decltype(auto) call_in_loop(F&& fn, Args&&... args) {
  if constexpr (makes_task<F, Args...>)
    return detail::call_in_loop(bind_task(std::forward<F>(fn), std::forward<Args>(args)...));
  else
    return detail::call_in_loop(
        detail::call_as_task<std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>...>, std::decay_t<F>, std::decay_t<Args>...>(
            std::forward<F>(fn), std::forward<Args>(args)...));
}

}  // namespace halka
