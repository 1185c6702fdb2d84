// SPDX-License-Identifier: MIT
#pragma once

#include "default_executor.hpp"
#include "thread_job.hpp"

#include "../sched/compiler.hpp"

#include <type_traits>
#include <utility>

namespace halka {

/// Calls a blocking function on a worker thread while the loop goes on.
///
/// *Suspends*: until the call has returned. The call is queued when it is awaited; there are min(32, processors + 4) threads.
/// *Result*, *Errors*: those of the call.
/// *Cancellation*: the await ends at once. A call that has not begun is not made; one that runs is left to finish, its
/// `std::stop_token` (if `fn` takes one as its first parameter) fires, and its result is dropped. *Lifetime*: `fn` and `args` are
/// copied or moved in. The call sees copies of the task-local values. `run` waits for calls that still run. *Source*:
/// asyncio.to_thread.
template <class F, class... Args>
requires detail::callable_on_thread<F, Args...>
auto to_thread(F&& fn, Args&&... args) {
  detail::check_callable<F>();
  return default_executor().submit(std::forward<F>(fn), std::forward<Args>(args)...);
}

}  // namespace halka
