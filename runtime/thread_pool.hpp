// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"
#include "../sched/task.hpp"
#include "../sched/worker_threads.hpp"
#include "thread_job.hpp"
#include "thread_map.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <ranges>
#include <string_view>
#include <type_traits>
#include <utility>

namespace halka {

struct thread_pool_options {
  std::size_t threads = 0;          // at most so many; 0 for min(32, processors + 4)
  std::string_view name = "halka";  // of the threads, as the system shows it
  void (*initializer)() = nullptr;  // runs first in every thread; if it throws, all calls fail from then on
  std::size_t queue_limit = 0;      // so many calls may wait for a thread; more wait for a place first; 0 for any number
};

/// Threads for blocking and for computing calls, awaited from tasks. Calls begin in the order in which they are awaited; with
/// `{.threads = 1}` each ends before the next begins, all on the same thread.
///
/// *Thread safety*: may be used from several loops.
/// *Lifetime*: the destructor waits for all calls, and its loop stands still meanwhile: `co_await shutdown()` before.
/// *Source*: concurrent.futures.ThreadPoolExecutor.
class HALKA_API thread_pool {
 public:
  explicit thread_pool(thread_pool_options options = {});

  /// Calls `fn(args...)` on a thread; copies of both, or what was moved in, live as long as the call. A callable whose first
  /// parameter is a `std::stop_token` gets one that fires when the awaiting task is cancelled. The call sees the task-local values
  /// of the awaiting task, as with `to_thread`.
  ///
  /// *Suspends*: until the call has returned. The call is queued when it is awaited.
  /// *Result*, *Errors*: those of the call; `std::logic_error` after `shutdown`; `cancelled_error` if `shutdown` dropped it;
  /// `std::runtime_error` if the pool's initializer failed; `std::system_error` if no thread can be started.
  /// *Cancellation*: the await ends at once. A call that has not begun is not made; one that runs is left to finish, and its result
  /// is dropped.
  template <class F, class... Args>
  requires detail::callable_on_thread<F, Args...>
  auto submit(F&& fn, Args&&... args) {
    detail::check_callable<F>();
    return detail::make_thread_operation(*workers_, worker_threads::when_full::wait, std::forward<F>(fn),
                                         std::forward<Args>(args)...);
  }

  /// The same, but throws `queue_full` at once when all threads are busy and the queue has reached its limit.
  template <class F, class... Args>
  requires detail::callable_on_thread<F, Args...>
  auto submit_nowait(F&& fn, Args&&... args) {
    detail::check_callable<F>();
    return detail::make_thread_operation(*workers_, worker_threads::when_full::refuse, std::forward<F>(fn),
                                         std::forward<Args>(args)...);
  }

  /// Calls `fn(x)` for every element of a range, several at a time: a vector of the results in order, of `std::monostate` for void.
  /// The range is copied or moved in; an element is looked at when its turn comes, so that a range may be long and make its
  /// elements as it goes.
  ///
  /// *Errors*: the first failure, when the other calls have ended or were left; those that have not begun are not made.
  /// *Cancellation*: as for `submit`.
  template <class F, std::ranges::input_range Range>
  requires detail::callable_on_thread<F, std::ranges::range_reference_t<Range>>
  auto map(F&& fn, Range&& range) {
    detail::check_callable<F>();
    return detail::map_on_threads<std::decay_t<F>, detail::kept_range_t<Range>>(*workers_, std::forward<F>(fn),
                                                                                std::forward<Range>(range));
  }

  struct shutdown_options {
    bool cancel_pending = false;  // drop the calls that have not begun: who awaits them gets cancelled_error
  };

  /// Accepts no more calls and waits for those that run or are queued.
  ///
  /// *Errors*: `std::logic_error` in a loop on one of the pool's own threads: it would wait for itself.
  /// *Cancellation*: the calls go on; the pool stays closed.
  task<> shutdown(shutdown_options options);
  task<> shutdown() { return shutdown({}); }

  worker_statistics statistics() const { return workers_->statistics(); }

  /// For what is built on a pool.
  worker_threads& workers() noexcept { return *workers_; }

 private:
  // Elsewhere, because it is aligned to cache lines, and a pool may be a local of a coroutine, whose frame is not.
  std::unique_ptr<worker_threads> const workers_;
};

}  // namespace halka
