// SPDX-License-Identifier: MIT
#pragma once

#include "../io/backend.hpp"
#include "../sched/context.hpp"
#include "../sched/create_task.hpp"
#include "../sched/event_loop.hpp"
#include "../sched/export.hpp"
#include "../sched/poller.hpp"
#include "../sched/task.hpp"
#include "outcome.hpp"

#include <memory>
#include <source_location>
#include <type_traits>
#include <utility>

namespace halka {

struct run_options {
  /// Extra checks and reports, as with the environment variable HALKA_DEBUG=1 (which also tells the backend): calls from wrong
  /// threads are refused, and tasks that are still alive at the end are listed one by one.
  bool debug = false;
  /// How the loop performs input and output. Unless it is `automatic`, the environment variable HALKA_BACKEND is not looked at.
  backend_kind backend = backend_kind::automatic;
};

/// A loop for several `run`s: task-local values, background tasks and the clock go on between them.
///
/// *Thread safety*: one thread.
/// *Source*: asyncio.Runner.
class HALKA_API runner {
 public:
  explicit runner(run_options options = {}) noexcept;
  /// With another source of events than the kernel; `run_options::backend` has no say then.
  explicit runner(std::unique_ptr<poller> outside, run_options options = {}) noexcept;
  ~runner();
  runner(runner const&) = delete;
  runner& operator=(runner const&) = delete;

  /// The loop, made on first use.
  ///
  /// *Errors*: `std::logic_error` when closed; `std::system_error` if the kernel refuses, with the cause and a remedy;
  /// `std::invalid_argument` if HALKA_BACKEND names no backend.
  event_loop& get_loop();

  /// Runs `main` as a task until it has ended.
  ///
  /// *Result*: what `main` returns.
  /// *Errors*: what leaves `main`; `std::logic_error` inside a running loop, when closed, and when `stop()` ends the loop first;
  /// `keyboard_interrupt` after Ctrl-C. The first Ctrl-C cancels the main task, a second one ends the process; both only where the
  /// program has not set a handler for SIGINT, and in one loop at a time.
  template <class T>
  T run(task<T> main, std::source_location here = std::source_location::current()) {
    if (!may_run()) {
      main.discard();
      refuse();
    }
    task_state& t = [&]() -> task_state& {
      event_loop& loop = get_loop();
      context_scope const values(context_);
      return detail::make_task(loop, main, {}, here);
    }();
    auto handle = task_handle<T>::adopting(t);
    loop_->ready().push(t);
    run_until_done(handle);
    return handle.template yield<T>();
  }

  /// Runs `fn(args...)`, which are kept alive.
  template <class F, class... Args>
  requires makes_task<F, Args...> made_value_t<F, Args...> run(F&& fn, Args&&... args) {
    return run(bind_task(std::forward<F>(fn), std::forward<Args>(args)...));
  }

  /// Cancels the tasks that are left, waits for them and for worker threads, and closes the loop. Harmless when called again.
  ///
  /// *Errors*: `std::logic_error` while it runs.
  void close();

 private:
  bool may_run() const noexcept;
  [[noreturn]] void refuse() const;
  void run_until_done(any_task const& main);
  void run_until_idle();
  void report_leftovers(std::vector<any_task> const& leftovers) const;

  run_options options_;
  std::unique_ptr<poller> outside_;
  std::unique_ptr<event_loop> loop_;
  context_ref context_;  // what the main tasks have set, from run to run
  bool closed_ = false;
};

namespace detail {

/// Runs `main_on(runner)` and closes the runner on every way out.
template <class T, class F>
T run_and_close(run_options options, F main_on) {
  runner r(options);
  outcome<T> result = outcome_of_call<T>([&]() -> T { return main_on(r); });
  r.close();
  return std::move(result).value();
}

}  // namespace detail

/// Makes a loop, runs `main` in it, and ends the loop: tasks that are left are cancelled and awaited, worker threads are joined.
///
/// *Result*: what `main` returns.
/// *Errors*: what leaves `main`; else as for `runner::run`.
/// *Source*: asyncio.run.
template <class T>
T run(task<T> main, run_options options = {}, std::source_location here = std::source_location::current()) {
  return detail::run_and_close<T>(options, [&](runner& r) -> T { return r.run(std::move(main), here); });
}

/// The same for `fn(args...)`, which are kept alive until it has ended.
template <class F, class... Args>
requires makes_task<F, Args...> made_value_t<F, Args...> run(F&& fn, Args&&... args) {
  using T = made_value_t<F, Args...>;
  return detail::run_and_close<T>({}, [&](runner& r) -> T { return r.run(std::forward<F>(fn), std::forward<Args>(args)...); });
}

}  // namespace halka
