// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/clock.hpp"
#include "../../sched/export.hpp"
#include "../../sched/task.hpp"
#include "../message/message_reader.hpp"
#include "../message/message_writer.hpp"

#include <cstdint>
#include <memory>
#include <utility>

namespace halka {

namespace detail {
class process_lock_store;
}

/// Lets one task or thread of all processes at a time past `acquire`, or `lock`.
///
/// A handle: copies are the same lock, also one that is passed to another process as an argument. When the process that holds it
/// ends, however it ends, the lock is free again, and the next who gets it can ask `was_abandoned()`. Not fair, and not recursive:
/// who takes it twice waits for itself. Any task or thread of the process that holds it may release it. Its processes must be in
/// one PID namespace: a holder in another container looks as if it had ended.
///
/// A lockable for plain functions: `std::lock_guard held(lock);` In tasks: `auto held = co_await lock.hold();`
///
/// *Lifetime*: until the last process has let go of it. *Thread safety*: any thread, all functions.
/// *Source*: multiprocessing.Lock; that one stays locked for ever when its holder dies.
class HALKA_API process_lock {
 public:
  class guard;

  /// *Errors*: `std::system_error`.
  process_lock();

  /// Takes the lock. *Suspends*: while it is held. *Errors*: `cancelled_error`, and it is not taken; `std::system_error`.
  task<> acquire();
  /// Takes the lock until the yielded `guard` is destroyed.
  task<guard> hold();

  /// Takes the lock on a thread without a loop, which it blocks. *Errors*: `std::logic_error` on a thread whose loop runs.
  void lock();
  /// Takes the lock if it is free. *Result*: whether it was.
  bool try_lock();
  /// *Result*: false if it was not free in that time. *Errors*: those of `lock`.
  bool try_lock_for(clock::duration time);

  /// Gives the lock up. *Errors*: `std::logic_error` if this process does not hold it.
  void release();
  void unlock() { release(); }

  bool locked() const;
  /// For who holds the lock: whether the process that held it before ended with it, so that what it protects may be half changed.
  bool was_abandoned() const;

  struct statistics_type {
    int holder;  // the number of the process that holds it; 0 for none
    std::uint64_t acquisitions;
    std::uint64_t abandoned;  // how often a holder ended with it
  };
  statistics_type statistics() const;

  void save(message_writer& out) const;
  void load(message_reader& in);

 private:
  std::shared_ptr<detail::process_lock_store> store_;
};

/// A lock that is held.
class [[nodiscard]] process_lock::guard {
 public:
  explicit guard(process_lock held) noexcept : lock_(std::move(held)), holds_(true) {}
  guard(guard&& other) noexcept : lock_(std::move(other.lock_)), holds_(std::exchange(other.holds_, false)) {}
  guard& operator=(guard other) noexcept {
    std::swap(lock_, other.lock_);
    std::swap(holds_, other.holds_);
    return *this;
  }
  ~guard() {
    if (holds_) lock_.release();
  }

 private:
  process_lock lock_;
  bool holds_;
};

}  // namespace halka
