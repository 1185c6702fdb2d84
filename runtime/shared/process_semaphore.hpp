// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/clock.hpp"
#include "../../sched/export.hpp"
#include "../../sched/task.hpp"
#include "../message/message_reader.hpp"
#include "../message/message_writer.hpp"

#include <cstddef>
#include <memory>

namespace halka {

namespace detail {
class process_semaphore_store;
}

/// A number of permits that the tasks and threads of all processes take and give back.
///
/// A handle: copies are the same semaphore, also one that is passed to another process as an argument. Permits belong to nobody:
/// any process may give one back, and those of a process that is killed are lost. Not fair.
///
/// *Lifetime*: until the last process has let go of it. *Thread safety*: any thread, all functions.
/// *Source*: multiprocessing.Semaphore.
class HALKA_API process_semaphore {
 public:
  /// *Errors*: `std::invalid_argument` for a negative number; `std::system_error`.
  explicit process_semaphore(std::ptrdiff_t permits = 1);

  /// Takes a permit. *Suspends*: while there is none. *Errors*: `cancelled_error`, and none is taken.
  task<> acquire();
  /// Takes a permit if there is one. *Result*: whether there was.
  bool try_acquire();
  /// The same as `acquire` for a thread without a loop. *Errors*: `std::logic_error` on a thread whose loop runs.
  void acquire_blocking();
  /// *Result*: false if there was none in that time. *Errors*: those of `acquire_blocking`.
  bool acquire_blocking_for(clock::duration time);

  /// Gives a permit back. *Errors*: `std::logic_error` if there are more than 2^60.
  void release();

  /// The permits that can be taken now.
  std::size_t available() const;
  bool locked() const { return available() == 0; }

  void save(message_writer& out) const;
  void load(message_reader& in);

 private:
  std::shared_ptr<detail::process_semaphore_store> store_;
};

}  // namespace halka
