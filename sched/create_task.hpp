// SPDX-License-Identifier: MIT
#pragma once

#include "event_loop.hpp"
#include "export.hpp"
#include "running.hpp"
#include "task.hpp"
#include "task_handle.hpp"

#include <concepts>
#include <functional>
#include <source_location>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace halka {

struct task_options {
  std::string_view name = {};  // empty for "Task-N"
  bool eager_start = false;    // run the first step now, inside the creating one, instead of in the next pass
};

namespace detail {

/// Puts a coroutine under control of a task of `loop` that is not queued yet. The result's reference belongs to the caller.
template <class T>
task_state& make_task(event_loop& loop, task<T>& coroutine, task_options const& options, std::source_location spawned_at) {
  void* const frame = coroutine.address();  // throws for an empty task, before anything looks into it
  task_state& t = task_state::create(loop, frame, coroutine.name(), spawned_at);
  try {
    if (!options.name.empty()) [[unlikely]]
      t.set_name(options.name);
  } catch (...) {
    t.discard();  // there was no memory for the name
    throw;
  }
  coroutine.hand_over();  // last, so that a failure before leaves it to its owner
  return t;
}

inline void start_task(event_loop& loop, task_state& t, task_options const& options) {
  if (options.eager_start) [[unlikely]]
    t.start_eagerly();
  else
    loop.ready().push(t);
}

template <class F, class... Args>
using invoked_t = std::invoke_result_t<std::decay_t<F>&, std::decay_t<Args>...>;

template <class R>
struct task_value {};
template <class T>
struct task_value<task<T>> {
  using type = T;
};

/// Keeps a callable and its arguments alive as long as the coroutine that they make.
template <class T, class F, class... Args>
task<T> invoke_task(F fn, Args... args) {
  task<T> coroutine = std::invoke(fn, std::move(args)...);
  current.task->set_coroutine(coroutine.name());  // the name that says something
  co_return co_await std::move(coroutine);
}

}  // namespace detail

/// A callable that makes a task when it is called with these arguments.
template <class F, class... Args>
concept makes_task = requires {
  typename detail::task_value<detail::invoked_t<F, Args...>>::type;
};

/// The result type of the task that F makes from Args.
template <class F, class... Args>
using made_value_t = typename detail::task_value<detail::invoked_t<F, Args...>>::type;

/// Starts a coroutine as a task of the running loop; its first step is taken in the next pass.
///
/// *Errors*: `std::logic_error` outside of a loop; the coroutine is then destroyed.
/// *Lifetime*: what the coroutine refers to must live until the task has ended; see `spawn` for what keeps it alive.
/// *Source*: asyncio.create_task.
template <class T>
task_handle<T> create_task(task<T> coroutine, task_options const& options = {},
                           std::source_location here = std::source_location::current()) {
  event_loop* const loop = detail::current.loop;
  if (!loop) {
    coroutine.discard();
    get_running_loop();
  }
  task_state& t = detail::make_task(*loop, coroutine, options, here);
  auto handle = task_handle<T>::adopting(t);
  detail::start_task(*loop, t, options);
  return handle;
}

/// The coroutine `fn(args...)`, with copies of `fn` and `args` that live as long as it does. Nothing can dangle: a lambda with
/// captures and temporary arguments are safe here.
template <class F, class... Args>
requires makes_task<F, Args...> task<made_value_t<F, Args...>> bind_task(F&& fn, Args&&... args) {
  // A function or a lambda without captures needs no copy, and without arguments nothing else does either.
  using function = std::decay_t<F>;
  if constexpr (sizeof...(Args) == 0 && (std::is_pointer_v<function> || std::is_empty_v<function>))
    return std::invoke(function(std::forward<F>(fn)));
  else
    return detail::invoke_task<made_value_t<F, Args...>, function, std::decay_t<Args>...>(std::forward<F>(fn),
                                                                                          std::forward<Args>(args)...);
}

/// Starts `fn(args...)` as a task; `fn` and `args` are copied or moved into it and live as long as the task.
///
/// *Errors*: as for `create_task`.
template <class F, class... Args>
requires makes_task<F, Args...> task_handle<made_value_t<F, Args...>> spawn(F&& fn, Args&&... args) {
  return create_task(bind_task(std::forward<F>(fn), std::forward<Args>(args)...));
}

}  // namespace halka
