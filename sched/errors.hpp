// SPDX-License-Identifier: MIT
#pragma once

#include "export.hpp"

#include <exception>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace halka {

/// Thrown at the `co_await` of a task that was asked to stop. It is not a `std::exception`, so that
/// `catch (std::exception const&)` cannot swallow it; catch it only to clean up, and let it go on with `throw;`.
///
/// *Source*: asyncio.CancelledError.
class HALKA_API cancelled_error final {
 public:
  cancelled_error() noexcept = default;
  explicit cancelled_error(std::string_view reason);
  cancelled_error(cancelled_error const&) noexcept;
  cancelled_error& operator=(cancelled_error const&) noexcept;
  ~cancelled_error();

  /// What was given to `cancel(reason)`; empty when nothing was given.
  std::string_view reason() const noexcept;
  char const* what() const noexcept;

 private:
  std::shared_ptr<std::string const> reason_;
};

/// Leaves `run` after Ctrl-C, when the main task let its cancellation pass. Not a `std::exception`: it ends the program unless the
/// program asks for it by name. A task or callback that throws it stops the loop at once.
///
/// *Source*: Python's KeyboardInterrupt.
class HALKA_API keyboard_interrupt final {
 public:
  char const* what() const noexcept { return "interrupted by Ctrl-C (SIGINT)"; }
};

/// A deadline passed before the work was done. *Source*: Python's TimeoutError.
class HALKA_API timeout_error : public std::runtime_error {
 public:
  timeout_error();
  explicit timeout_error(std::string const& what);
  timeout_error(timeout_error const&) noexcept;
  timeout_error& operator=(timeout_error const&) noexcept;
  ~timeout_error() override;
};

/// An object was asked for what its state does not allow: the result of a task that has none yet, a second result for a future.
///
/// *Source*: asyncio.InvalidStateError.
class HALKA_API invalid_state_error : public std::logic_error {
 public:
  explicit invalid_state_error(std::string const& what);
  invalid_state_error(invalid_state_error const&) noexcept;
  invalid_state_error& operator=(invalid_state_error const&) noexcept;
  ~invalid_state_error() override;
};

/// `get_nowait` of a queue that holds nothing to take. *Source*: asyncio.QueueEmpty.
class HALKA_API queue_empty : public std::runtime_error {
 public:
  queue_empty();
  queue_empty(queue_empty const&) noexcept;
  queue_empty& operator=(queue_empty const&) noexcept;
  ~queue_empty() override;
};

/// `put_nowait` to a queue that has no place. *Source*: asyncio.QueueFull.
class HALKA_API queue_full : public std::runtime_error {
 public:
  queue_full();
  queue_full(queue_full const&) noexcept;
  queue_full& operator=(queue_full const&) noexcept;
  ~queue_full() override;
};

/// A put to a queue that was shut down, or a get when nothing is left in it; a send to a channel that is closed. *Source*:
/// asyncio.QueueShutDown.
class HALKA_API queue_shut_down : public std::runtime_error {
 public:
  queue_shut_down();
  explicit queue_shut_down(std::string const& what);
  queue_shut_down(queue_shut_down const&) noexcept;
  queue_shut_down& operator=(queue_shut_down const&) noexcept;
  ~queue_shut_down() override;
};

/// Waiting at a barrier that was aborted, or that is reset meanwhile. *Source*: asyncio.BrokenBarrierError.
class HALKA_API broken_barrier_error : public std::runtime_error {
 public:
  explicit broken_barrier_error(std::string const& what);
  broken_barrier_error(broken_barrier_error const&) noexcept;
  broken_barrier_error& operator=(broken_barrier_error const&) noexcept;
  ~broken_barrier_error() override;
};

/// Nothing can happen any more: no task is ready, no timer is set and nobody outside holds work. Thrown by loops that can know it
/// (those on a virtual clock) instead of waiting for ever.
class HALKA_API deadlock_error : public std::runtime_error {
 public:
  explicit deadlock_error(std::string const& what);
  deadlock_error(deadlock_error const&) noexcept;
  deadlock_error& operator=(deadlock_error const&) noexcept;
  ~deadlock_error() override;
};

/// Several failures as one: what a task group throws when its children, its body, or both have failed.
///
/// *Source*: Python's ExceptionGroup.
class HALKA_API exception_group : public std::exception {
 public:
  exception_group(std::string_view message, std::vector<std::exception_ptr> exceptions);
  exception_group(exception_group const&) noexcept;
  exception_group& operator=(exception_group const&) noexcept;
  ~exception_group() override;

  /// The message and the number of exceptions, as Python prints it: "unhandled errors in a task group (2 sub-exceptions)".
  char const* what() const noexcept override;

  /// The exceptions in the order in which they arrived; never empty. A member may itself be an `exception_group`.
  std::span<std::exception_ptr const> exceptions() const noexcept;

  /// True if an exception that a `catch (E const&)` would catch is in the group or in a group inside it.
  template <class E>
  bool contains() const {
    for (std::exception_ptr const& member : exceptions()) {
      if constexpr (!std::is_base_of_v<E, exception_group>) {
        if (exception_group const* const inner = as_group(member)) {
          if (inner->contains<E>()) return true;
          continue;
        }
      }
      try {
        std::rethrow_exception(member);
      } catch (E const&) {
        return true;
      } catch (...) {
      }
    }
    return false;
  }

 private:
  /// The group that an exception is; null for any other.
  static exception_group const* as_group(std::exception_ptr const& e) noexcept;

  struct content;
  std::shared_ptr<content const> content_;
};

/// True if the exception is a `cancelled_error`. Null is not.
HALKA_API bool is_cancelled_error(std::exception_ptr const& e) noexcept;

/// True if the exception is a `keyboard_interrupt`: the one that no group wraps and that stops a loop at once.
HALKA_API bool is_keyboard_interrupt(std::exception_ptr const& e) noexcept;

/// "type: text" of any exception, also of one that is not a `std::exception`; the type is demangled.
HALKA_API std::string describe(std::exception_ptr const& e);

}  // namespace halka
