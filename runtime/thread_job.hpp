// SPDX-License-Identifier: MIT
#pragma once

// One call on a worker thread and the task that awaits it.
//
//   made --await--> queued --worker--> running --worker--> returned --mailbox--> arrived at the loop --> the task resumes
//                      |                  |
//                      +-----cancel-------+--> abandoned: the task resumes at once; a queued call is skipped, the result of a
//                      running
//                                              one is dropped when it arrives
//
// While it runs, the call may ask its loop to run something and wait for that (call_in_loop.hpp). Such a task belongs to the job:
// it is cancelled when the job is abandoned.
//
// The worker touches the function, the arguments and the result; the loop everything else. Between the two lie the pool's lock and
// the mailbox. The job belongs to whoever holds it last: the awaiter once it has arrived, else the loop's queue, else (when the
// loop has ended) the worker.

#include "../sched/any_task.hpp"
#include "../sched/awaitable.hpp"
#include "../sched/context.hpp"
#include "../sched/errors.hpp"
#include "../sched/event_loop.hpp"
#include "../sched/export.hpp"
#include "../sched/mailbox.hpp"
#include "../sched/worker_threads.hpp"
#include "outcome.hpp"

#include <atomic>
#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace halka {

/// The part of a job that does not depend on the function.
class HALKA_API thread_job : private worker_job, private runnable {
 public:
  thread_job() noexcept : runnable{nullptr, arrived} {}
  ~thread_job() override;

  /// Queues the call for `task`. *Errors*: those of `worker_threads::submit`.
  void begin(worker_threads& workers, task_state& task, worker_threads::when_full full = worker_threads::when_full::wait);
  /// The task waits no longer.
  void abandon() noexcept;
  bool has_arrived() const noexcept { return arrived_; }

  /// The job whose call runs on this thread; null if none does.
  static thread_job* current() noexcept;

 protected:
  virtual void call() noexcept = 0;
  /// There will be no call; the reason is null if nobody asks.
  virtual void call_was_dropped(std::exception_ptr const& why) noexcept = 0;
  virtual void request_stop() noexcept {}

 private:
  friend class loop_call;
  enum class phase : unsigned char { queued, running, abandoned };

  void run() noexcept override;
  void report() noexcept override;
  void drop(std::exception_ptr const& why) noexcept override;
  static void arrived(runnable& r);

  std::shared_ptr<mailbox> home_;
  event_loop* loop_ = nullptr;
  task_state* waiting_ = nullptr;  // the loop's thread only, as asked_for_
  any_task asked_for_;
  context_ref context_;
  std::atomic<phase> phase_ = phase::queued;
  bool arrived_ = false;
};

namespace detail {

template <class F, class... Args>
inline constexpr bool takes_stop_token = std::is_invocable_v<F, std::stop_token, Args...>;

template <class F, class... Args>
auto thread_result() {
  if constexpr (takes_stop_token<F, Args...>)
    return std::type_identity<std::invoke_result_t<F, std::stop_token, Args...>>();
  else
    return std::type_identity<std::invoke_result_t<F, Args...>>();
}
/// What F returns for Args, with a `std::stop_token` before them if it takes one.
template <class F, class... Args>
using thread_result_t = typename decltype(thread_result<std::decay_t<F>, std::decay_t<Args>...>())::type;

template <class F, class... Args>
concept callable_on_thread = std::is_invocable_v<std::decay_t<F>, std::decay_t<Args>...> ||
    std::is_invocable_v<std::decay_t<F>, std::stop_token, std::decay_t<Args>...>;

/// A job with a result of type R.
template <class R>
class thread_job_of : public thread_job {
 public:
  R take() {
    if (!result_) throw std::logic_error("a thread's job was asked for its result before it had one");
    return std::move(*result_).value();
  }

 protected:
  std::optional<outcome<R>> result_;

 private:
  void call_was_dropped(std::exception_ptr const& why) noexcept override {
    if (why) result_.emplace(why);
  }
};

template <class R, class F, class... Args>
class bound_thread_job final : public thread_job_of<R> {
 public:
  template <class G, class... As>
  explicit bound_thread_job(G&& fn, As&&... args) : bound_(std::in_place, std::forward<G>(fn), std::forward<As>(args)...) {}

 private:
  void call() noexcept override {
    this->result_.emplace(outcome_of_call<R>([this]() -> R {
      return std::apply(
          [&](F& fn, Args&... args) -> R {
            if constexpr (takes_stop_token<F, Args...>)
              return std::invoke(std::move(fn), stop_.get_token(), std::move(args)...);
            else
              return std::invoke(std::move(fn), std::move(args)...);
          },
          *bound_);
    }));
    bound_.reset();  // what the function held is let go of on the thread that used it
  }
  void request_stop() noexcept override { stop_.request_stop(); }

  struct no_stop {
    void request_stop() const noexcept {}
  };
  std::optional<std::tuple<F, Args...>> bound_;
  [[no_unique_address]] std::conditional_t<takes_stop_token<F, Args...>, std::stop_source, no_stop> stop_;
};

template <class R>
class thread_awaiter final : public own_awaiter, private suspension {
 public:
  thread_awaiter(worker_threads& workers, std::unique_ptr<thread_job_of<R>> job, worker_threads::when_full full) noexcept
      : workers_(workers), job_(job.release()), full_(full) {}
  ~thread_awaiter() {
    if (!job_) return;
    if (begun_ && !job_->has_arrived())
      job_->abandon();
    else
      delete job_;
  }

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> h) {
    task_ = &require_task();
    job_->begin(workers_, *task_, full_);
    begun_ = true;
    task_->suspend_at(h.address(), location_of(h));
    task_->wait_on(*this);
  }
  R await_resume() {
    task_->check_cancelled();
    return job_->take();
  }

 private:
  bool cancel(std::string_view) override {
    std::exchange(job_, nullptr)->abandon();
    task_->interrupt();
    return true;
  }
  void describe(wait_description& d) const override { d.what = "a call on a worker thread"; }

  worker_threads& workers_;
  thread_job_of<R>* job_;
  task_state* task_ = nullptr;
  worker_threads::when_full full_;
  bool begun_ = false;
};

}  // namespace detail

/// A call on a worker thread, to be awaited: what `to_thread` and `thread_pool::submit` return.
template <class R>
class [[nodiscard("must co_await it: the call is made when it is awaited")]] thread_operation {
 public:
  thread_operation(worker_threads & workers, std::unique_ptr<detail::thread_job_of<R>> job, worker_threads::when_full full) noexcept
      : workers_(&workers), job_(std::move(job)), full_(full) {}

  detail::thread_awaiter<R> operator co_await()&& noexcept { return detail::thread_awaiter<R>(*workers_, std::move(job_), full_); }

 private:
  worker_threads* workers_;
  std::unique_ptr<detail::thread_job_of<R>> job_;
  worker_threads::when_full full_;
};

namespace detail {

template <class F, class... Args>
auto make_thread_operation(worker_threads& workers, worker_threads::when_full full, F&& fn, Args&&... args) {
  using R = thread_result_t<F, Args...>;
  using job = bound_thread_job<R, std::decay_t<F>, std::decay_t<Args>...>;
  return thread_operation<R>(workers, std::make_unique<job>(std::forward<F>(fn), std::forward<Args>(args)...), full);
}

}  // namespace detail

}  // namespace halka
