// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/clock.hpp"
#include "../../sched/export.hpp"
#include "../../sched/task.hpp"
#include "../message/message_reader.hpp"
#include "../message/message_writer.hpp"

#include <memory>

namespace halka {

namespace detail {
class wake_descriptor;
}

/// A flag that the tasks and threads of all processes can wait for.
///
/// A handle: copies are the same event, also one that is passed to another process as an argument. Who waits is let go when it
/// finds the event set; one that is set and cleared at once may be missed.
///
/// *Lifetime*: until the last process has let go of it. *Thread safety*: any thread, all functions.
/// *Source*: multiprocessing.Event.
class HALKA_API process_event {
 public:
  /// *Errors*: `std::system_error`.
  process_event();

  void set() noexcept;
  void clear() noexcept;
  bool is_set() const noexcept;

  /// *Suspends*: until the event is set. *Errors*: `cancelled_error`.
  task<> wait();
  /// The same as `wait` for a thread without a loop. *Errors*: `std::logic_error` on a thread whose loop runs.
  void wait_blocking();
  /// *Result*: false if it was not set in that time. *Errors*: those of `wait_blocking`.
  bool wait_blocking_for(clock::duration time);

  void save(message_writer& out) const;
  void load(message_reader& in);

 private:
  std::shared_ptr<detail::wake_descriptor const> flag_;
};

}  // namespace halka
