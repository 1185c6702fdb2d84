// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"
#include "../../sched/task.hpp"
#include "../child/child_start.hpp"
#include "called_for_effect.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace halka {

struct process_settings {
  std::string_view name = {};  // as the system shows it; empty for "process-N"
  child_limits limits = {};
  bool daemon = false;  // it may be killed without a word when this object goes
};

/// A function of this program that runs in a process of its own.
///
/// It shares no memory with this process: the arguments are sent to it. What it changes in global variables, it changes in its own.
/// It has the static objects of the program as they are before main, the present environment, directory, standard output and error,
/// and an empty standard input. It ends with this process at the latest. Ctrl-C reaches only this process.
///
/// Dropping the object kills a process that runs, and reports that.
///
/// *Thread safety*: one thread at a time; needs no loop but for `join`.
/// *Source*: multiprocessing.Process.
class HALKA_API process {
 public:
  /// `fn` is a function or a lambda without captures; it and the arguments are as for `process_pool::submit`. What it returns is
  /// ignored. If it is a coroutine function, it runs in a loop of its own there.
  template <class F, class... Args>
  requires std::is_invocable_v<std::decay_t<F>, std::decay_t<Args>...>
  explicit process(F&& fn, Args&&... args) : process(process_settings{}, std::forward<F>(fn), std::forward<Args>(args)...) {}

  template <class F, class... Args>
  requires std::is_invocable_v<std::decay_t<F>, std::decay_t<Args>...> process(process_settings const& settings, F&& fn,
                                                                               Args&&... args)
      : process(settings, detail::writer_of_effect(std::forward<F>(fn), std::forward<Args>(args)...)) {}

  process(process&&) noexcept;
  process& operator=(process&&) noexcept;
  ~process();

  /// Starts it. Blocks for the time of a fork.
  ///
  /// *Errors*: `std::logic_error` if it was started before; `std::system_error` "start a process for NAME: ..."; what writing the
  /// arguments throws. It can be started again then.
  void start();

  /// Waits until it has ended. Any number of tasks may wait.
  ///
  /// *Result*: 0 if the function returned, 1 if an exception left it, else what it gave to `exit`; minus the number of the signal
  /// that killed it.
  /// *Errors*: `std::logic_error` if it was not started.
  /// *Cancellation*: leaves it running.
  task<int> join();
  /// The same for a plain function: blocks the thread.
  int join_blocking();
  /// None if it has not ended after this time.
  std::optional<int> join_blocking_for(std::chrono::nanoseconds time);

  /// -1 before it was started.
  int pid() const noexcept;
  std::string const& name() const noexcept;
  /// What `join` yields; none while it runs.
  std::optional<int> exit_code() const;
  bool is_alive() const;

  /// Asks it to end: SIGTERM. *Result*: whether it was sent; false if the process has ended.
  bool terminate();
  /// Ends it: SIGKILL.
  bool kill();
  bool send_signal(int number);

  /// A descriptor that becomes readable when the process has ended, for `readable` and poll(2). It stays the object's.
  int sentinel() const;

  /// Lets go of everything. *Errors*: `std::logic_error` while it runs.
  void close();

 private:
  struct state;
  process(process_settings const& settings, std::function<void(message_writer&)> arguments);
  state& started() const;

  std::shared_ptr<state> state_;
};

}  // namespace halka
