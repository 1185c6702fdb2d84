// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/compiler.hpp"
#include "../sched/create_task.hpp"
#include "../sched/export.hpp"
#include "../sched/task.hpp"
#include "run.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace halka {

/// Which of the workers of `run_workers` this is.
struct worker_info {
  std::size_t index;  // from 0
  std::size_t count;
};

namespace detail {

/// Runs the tasks that `make` makes, each in a loop on a thread of its own, until all have ended.
HALKA_API void run_worker_loops(std::size_t count, run_options const& options, std::function<task<>(worker_info)> const& make);

template <class T>
task<> keep_result(task<T> work, std::optional<T>& result) {
  T value = co_await std::move(work);
  result.emplace(std::move(value));
}

template <class F, class... Args>
auto start_worker(worker_info self, F const& fn, Args const&... args) {
  if constexpr (makes_task<F, Args...>)
    return bind_task(fn, args...);
  else
    return bind_task(fn, self, args...);
}

}  // namespace detail

/// A function of a worker: it makes a task from the arguments, or from a `worker_info` and the arguments.
template <class F, class... Args>
concept worker_function = makes_task<F, Args...> || makes_task<F, worker_info, Args...>;

/// Runs `fn(args...)` in `count` loops on `count` threads of this process and blocks until all have ended. If `fn` wants to know
/// which worker it is, it takes a `worker_info` first. For programs that serve with more than one core: each loop listens at the
/// same port
/// (`server_options::reuse_port`); channels connect them.
///
/// *Result*: a vector of what the workers return, in the order of their index; nothing for void.
/// *Errors*: the first failure cancels the other workers and is thrown when they have ended; failures that come then join it in an
/// `exception_group`. Ctrl-C cancels all of them, and `keyboard_interrupt` is thrown unless they all refuse.
/// `std::logic_error` inside a running loop; `std::invalid_argument` for no worker; `std::system_error` if a thread cannot be
/// started. *Lifetime*: each worker has its own copies of `fn` and `args`; what several shall share goes by `std::ref` and is for
/// threads. *Source*: uvicorn --workers, with threads for processes.
template <class F, class... Args>
requires worker_function<F, Args...>
auto run_workers(std::size_t count, run_options const& options, F const& fn, Args const&... args) {
  using made = decltype(detail::start_worker(worker_info{}, fn, args...));
  using T = typename detail::task_value<made>::type;
  if constexpr (std::is_void_v<T>) {
    detail::run_worker_loops(count, options, [&](worker_info self) { return detail::start_worker(self, fn, args...); });
  } else {
    std::vector<std::optional<T>> results(count);
    detail::run_worker_loops(count, options, [&](worker_info self) {
      return detail::keep_result<T>(detail::start_worker(self, fn, args...), results[self.index]);
    });
    std::vector<T> values;
    values.reserve(count);
    for (auto& r : results) values.push_back(std::move(*r));
    return values;
  }
}

/// The same with the usual options.
template <class F, class... Args>
requires worker_function<F, Args...>
auto run_workers(std::size_t count, F const& fn, Args const&... args) { return run_workers(count, run_options(), fn, args...); }

}  // namespace halka
