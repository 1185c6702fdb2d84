// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"
#include "../sched/task.hpp"
#include "../sched/worker_threads.hpp"
#include "gather.hpp"
#include "thread_job.hpp"

#include <cstddef>
#include <functional>
#include <ranges>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace halka {

struct thread_pool_options {
  std::size_t threads = 0;          // at most so many; 0 for min(32, processors + 4)
  std::string_view name = "halka";  // of the threads, as the system shows it
  void (*initializer)() = nullptr;  // runs first in every thread; must not throw
};

/// Threads for blocking and for computing calls, awaited from tasks.
///
/// *Thread safety*: may be used from several loops.
/// *Lifetime*: the destructor waits for all calls.
/// *Source*: concurrent.futures.ThreadPoolExecutor.
class HALKA_API thread_pool {
 public:
  explicit thread_pool(thread_pool_options options = {});

  /// Calls `fn(args...)` on a thread; copies of both, or what was moved in, live as long as the call. A callable whose first
  /// parameter is a `std::stop_token` gets one that fires when the awaiting task is cancelled. The call sees the task-local values
  /// of the awaiting task, as with `to_thread`.
  ///
  /// *Suspends*: until the call has returned. The call is queued when it is awaited.
  /// *Result*, *Errors*: those of the call; `std::logic_error` after `shutdown`; `cancelled_error` if `shutdown` dropped it.
  /// *Cancellation*: the await ends at once. A call that has not begun is not made; one that runs is left to finish, and its result
  /// is dropped.
  template <class F, class... Args>
  requires detail::callable_on_thread<F, Args...>
  auto submit(F&& fn, Args&&... args) {
    detail::check_callable<F>();
    return detail::make_thread_operation(workers_, std::forward<F>(fn), std::forward<Args>(args)...);
  }

  /// Calls `fn(x)` for every element of a range, several at a time: the results in order. The first failure drops the calls that
  /// have not begun and is thrown when the others have ended or were left.
  template <class F, std::ranges::input_range Range>
  auto map(F&& fn, Range&& range) {
    detail::check_callable<F>();
    using operation = decltype(submit(fn, *std::ranges::begin(range)));
    std::vector<operation> calls;
    for (auto&& x : range) calls.push_back(submit(fn, x));
    return gather(std::move(calls));
  }

  struct shutdown_options {
    bool cancel_pending = false;  // drop the calls that have not begun: who awaits them gets cancelled_error
  };

  /// Accepts no more calls and waits for those that run or are queued.
  ///
  /// *Cancellation*: the calls go on; the pool stays closed.
  task<> shutdown(shutdown_options options);
  task<> shutdown() { return shutdown({}); }

  worker_statistics statistics() const { return workers_.statistics(); }

  /// For what is built on a pool.
  worker_threads& workers() noexcept { return workers_; }

 private:
  worker_threads workers_;
};

}  // namespace halka
