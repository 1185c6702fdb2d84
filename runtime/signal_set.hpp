// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/export.hpp"
#include "../sched/task.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <vector>

namespace halka {

/// Signals that tasks wait for. While it is there the signals do nothing else to the process; what they did before is put back when
/// the last set and the last handler of the process for them has gone.
///
/// Several sets, in one loop or in many, each get every signal. It does not matter on which thread the signal arrives. With SIGINT
/// in a set Ctrl-C does not cancel the main task. Programs that are started as subprocesses do not inherit any of it.
///
/// *Thread safety*: the loop's thread only.
/// *Source*: signal.signal and trio.open_signal_receiver.
class HALKA_API signal_set {
 public:
  /// *Errors*: `std::logic_error` for a signal that cannot be caught (SIGKILL, SIGSTOP, and those that tell of a fault of the
  /// program) and outside of a loop; `std::invalid_argument` if it is no signal's number.
  explicit signal_set(std::initializer_list<int> numbers);
  explicit signal_set(std::vector<int> const& numbers);
  signal_set(signal_set&&) noexcept = default;
  signal_set& operator=(signal_set&& other) noexcept;
  ~signal_set();

  /// The next signal: one that has come and was not taken, or else the first that comes. One that came several times before it was
  /// taken is one. If several tasks wait, one of them gets it.
  ///
  /// *Result*: its number; the lowest if several have come.
  /// *Errors*: `std::logic_error` when the set is closed; `cancelled_error`.
  /// *Cancellation*: loses nothing.
  task<int> next();

  /// Gives the signals back; tasks that wait get errors. The destructor does it too. Harmless when called again.
  void close() noexcept;
  bool is_open() const noexcept;

  struct statistics_type {
    std::size_t waiting;     // tasks in `next`
    std::uint64_t received;  // since it was made, coalesced ones counted once
  };
  statistics_type statistics() const noexcept;

 private:
  class state;
  static task<int> next_of(std::shared_ptr<state> s);
  explicit signal_set(std::span<int const> numbers);

  std::shared_ptr<state> state_;
};

}  // namespace halka
