// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/buffer.hpp"
#include "../../io/stream.hpp"
#include "../../sched/export.hpp"
#include "../../sched/task.hpp"
#include "command.hpp"
#include "process_options.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>

namespace halka {

class watched_child;

/// What a process has written; empty for what was not a pipe. `auto [output, error] = co_await p.communicate();`
struct process_output {
  std::string output;
  std::string error;
};

/// A program that was started: what `create_subprocess_exec` and `create_subprocess_shell` yield.
///
/// Its end is taken note of as it comes, whoever waits for it, so no zombie stays. Dropping the object kills a process that runs,
/// and so does the end of the loop, unless `detach` was called.
///
/// *Thread safety*: the loop's thread only.
/// *Source*: asyncio.subprocess.Process.
class HALKA_API subprocess {
 public:
  /// None.
  subprocess() noexcept = default;
  subprocess(subprocess&&) noexcept = default;
  subprocess& operator=(subprocess&& other) noexcept;
  ~subprocess();

  int pid() const;

  /// Waits for the end of the process, not of its pipes: what it has written stays readable. Any number of tasks may wait.
  ///
  /// *Result*: its exit code, or minus the number of the signal that killed it.
  /// *Errors*: `std::system_error` (ECHILD) if some other part of the program took the status; `cancelled_error`.
  /// *Cancellation*: is harmless and loses nothing; with `kill_on_cancel` it kills the process first.
  task<int> wait();

  /// Sends `input`, closes the standard input, reads both outputs to their ends, all at the same time, and waits for the end of the
  /// process. A process that does not read its input is no error.
  ///
  /// *Result*: the outputs that are pipes. `return_code()` is known then.
  /// *Errors*: `std::logic_error` if there is input and the standard input is no pipe; else those of `wait` and of the streams.
  /// *Cancellation*: the process goes on, and what it has written and is not read yet can still be read; what was read is kept for
  /// the next call. With `kill_on_cancel` it is killed first.
  /// *Lifetime*: the input, until the await ends.
  task<process_output> communicate(const_buffer input = {});

  /// Sends a signal, by number or by name ("TERM", "SIGUSR1"). One that has ended gets nothing, and neither does a later process
  /// with the same number.
  ///
  /// *Result*: whether it was sent.
  /// *Errors*: `std::invalid_argument` if there is no such signal; `std::system_error` if it is not allowed.
  bool send_signal(int number);
  bool send_signal(std::string_view name);
  /// Asks it to end: SIGTERM.
  bool terminate();
  /// Ends it: SIGKILL.
  bool kill();

  /// The streams to and from it. *Errors*: `std::logic_error` if it was not started with `stdio::pipe` there.
  stream& standard_input() const;
  stream& standard_output() const;
  stream& standard_error() const;

  /// What `wait` yields; none while it runs.
  std::optional<int> return_code() const noexcept;
  bool is_running() const noexcept;

  /// Lets it live longer than this object and the loop.
  void detach();

  /// Closes the pipes, kills the process if it runs and is not detached, and waits until it has ended. Harmless when called again.
  ///
  /// *Cancellation*: it is not given up: the cancellation comes at the next suspension.
  task<> close();

  struct statistics_type {
    std::size_t waiting = 0;  // tasks that wait for the end
    std::uint64_t input_bytes = 0;
    std::uint64_t output_bytes = 0;
    std::uint64_t error_bytes = 0;
  };
  statistics_type statistics() const;

  /// Starts a program. For `create_subprocess_exec` and `_shell`.
  static subprocess start(command const& what, process_options const& options, std::source_location here);

 private:
  struct pipes;

  watched_child& child() const;
  stream& pipe(std::optional<stream> pipes::*which, char const* name) const;
  void drop() noexcept;
  static task<> stop(std::shared_ptr<watched_child> child, std::shared_ptr<pipes> p);
  static task<int> wait_for(std::shared_ptr<watched_child> child, bool kill_on_cancel);
  static task<process_output> talk(std::shared_ptr<watched_child> child, std::shared_ptr<pipes> p, const_buffer input,
                                   bool kill_on_cancel);

  std::shared_ptr<watched_child> child_;
  std::shared_ptr<pipes> pipes_;
  bool kill_on_cancel_ = false;
};

}  // namespace halka
