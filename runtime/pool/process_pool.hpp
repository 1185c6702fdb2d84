// SPDX-License-Identifier: MIT
#pragma once

#include "pool_call.hpp"
#include "pool_map.hpp"
#include "pool_state.hpp"
#include "process_pool_options.hpp"

#include "../../sched/export.hpp"
#include "../../sched/task.hpp"
#include "../message/message_types.hpp"

#include <concepts>
#include <memory>
#include <optional>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>

namespace halka {

/// Processes for computing calls, awaited from tasks.
///
/// The workers are this program, started again and stopped before its main, so they have its functions and none of its threads.
/// They start when calls come, up to the limit, and are kept. What a call prints is there before its result; what it writes to the
/// standard error goes on to this program's. Ctrl-C reaches only this program. Workers end with it, whatever ends it, and take what
/// they have started with them.
///
/// *Lifetime*: the destructor kills the workers; calls that are awaited get `cancelled_error`. So does the end of the loop.
/// *Thread safety*: belongs to the loop that uses it first.
/// *Source*: concurrent.futures.ProcessPoolExecutor, multiprocessing.Pool.
class HALKA_API process_pool {
 public:
  /// *Errors*: `std::invalid_argument` for limits that make no sense.
  explicit process_pool(process_pool_options const& options = {});
  process_pool(process_pool&&) noexcept = default;
  process_pool& operator=(process_pool&& other) noexcept;
  ~process_pool();

  /// Calls `fn(args...)` in a worker process. `fn` is a function or a lambda without captures; arguments and result are sent as
  /// messages (`sendable`), large ones through memory that both processes share.
  ///
  /// *Suspends*: until the call has returned. The call is queued when it is awaited.
  /// *Result*: what the call returns.
  /// *Errors*: `remote_error` tells an exception of the call, or that its arguments or result could not be read; `worker_died` if
  /// the process ended in it, by a signal or by exit; `timeout_error` after `job_deadline`. Only this call is affected. What fails
  /// while the arguments are written or the result is read here is thrown as it is. `std::logic_error` after `shutdown`, in another
  /// loop than the pool's, or if the initializer has failed; `std::system_error` if no worker can be started. *Cancellation*: the
  /// await ends at once. A call that has not begun is not made; one that runs is killed with its worker, which is replaced.
  template <class F, class... Args>
  auto submit(F const& fn, Args&&... args) {
    using function = std::decay_t<F const>;
    static_cast<void>(detail::check_remote_call<function, std::decay_t<Args>...>());
    using operation = pool_operation<function, detail::sent_t<Args>...>;
    return operation(state(), fn, std::tuple<detail::sent_t<Args>...>(std::forward<Args>(args)...));
  }

  /// Calls `fn(x)` for every element of a range, in chunks: a vector of the results in order; nothing if the calls return nothing.
  /// Elements are taken from the range as results come, so it may be endless in all but name.
  ///
  /// *Suspends*: until all calls have returned.
  /// *Errors*: the first element that fails, in the order of the range, decides; the calls behind it are dropped, also those that
  /// run. `std::invalid_argument` for a chunk size of 0. Else as for `submit`. *Cancellation*: as for `submit`, for all of the
  /// calls. *Lifetime*: the range, until the await ends.
  template <class F, std::ranges::input_range Range>
  requires std::ranges::viewable_range<Range>
  auto map(F const& fn, Range&& range, map_options const& options = {}) {
    using function = std::decay_t<F const>;
    using view = std::views::all_t<Range>;
    static_cast<void>(detail::check_remote_call<function, detail::sent_t<std::ranges::range_value_t<view>>>());
    std::optional<std::size_t> count;
    if constexpr (std::ranges::sized_range<Range>) count = static_cast<std::size_t>(std::ranges::size(range));
    detail::chunk_sizes const sizes(options.chunk_size, limit(), count);
    return pool_map_operation<function, view>(state(), fn, std::views::all(std::forward<Range>(range)), sizes);
  }

  struct shutdown_options {
    bool cancel_pending = false;  // drop the calls that have not begun: who awaits them gets cancelled_error
  };

  /// Accepts no more calls, and waits until those that run or are queued have ended, and then the workers.
  ///
  /// *Cancellation*: the calls go on; the pool stays closed.
  task<> shutdown(shutdown_options options);
  task<> shutdown() { return shutdown({}); }

  process_pool_statistics statistics() const;

 private:
  std::size_t limit() const;
  std::shared_ptr<detail::pool_state> const& state() const;

  std::shared_ptr<detail::pool_state> state_;
};

}  // namespace halka
