// SPDX-License-Identifier: MIT
#pragma once

// From a signal to the loops that want to know of it.
//
// The process has one handler for all signals that are watched. It runs on whatever thread the kernel chose and may use only what
// is lock-free: it walks the list of receivers, notes the signal in each one that watches it, and nudges that receiver's loop. The
// same signal again, before the loop has looked, is the same note: signals coalesce.
//
// A receiver may go while the handler walks on another thread. It leaves the list first and then waits until no handler runs: one
// that starts later does not find it any more. Everything else (who watches what, the dispositions from before) is under a mutex
// that the handler never takes.
//
// The first receiver of a signal installs the handler, the last one puts back what was there, unless the program has replaced it
// meanwhile.

#include "../sched/export.hpp"

#include <atomic>
#include <cstdint>

namespace halka {
class event_loop;
}

namespace halka::detail {

/// What the process's handler does.
void tell_receivers(int number) noexcept;

/// One loop's wish to know of signals. Made, asked and destroyed in the loop's thread.
class HALKA_API signal_receiver {
 public:
  enum class kind : std::uint8_t {
    ordinary,
    last_resort,  // told only if nobody else watches the signal; the second time the default action is taken at once
  };

  explicit signal_receiver(event_loop& loop, kind k = kind::ordinary);
  ~signal_receiver();
  signal_receiver(signal_receiver const&) = delete;
  signal_receiver& operator=(signal_receiver const&) = delete;

  /// *Errors*: `std::invalid_argument` if it is no signal's number; `std::logic_error` if it cannot be caught. Harmless when called
  /// again.
  void watch(int number);
  /// Only if what would happen is the default action. False: the program has a handler of its own, or ignores the signal.
  bool watch_if_default(int number);
  void unwatch(int number) noexcept;

  /// The signals that came since the last call: bit n - 1 for signal n.
  std::uint64_t take() noexcept { return pending_.exchange(0); }
  bool was_told() const noexcept { return told_.load() > 0; }

 private:
  friend void tell_receivers(int number) noexcept;
  void tell(std::uint64_t signal) noexcept;
  void unlink() noexcept;

  event_loop& loop_;
  kind kind_;
  std::atomic<std::uint64_t> watched_ = 0;
  std::atomic<std::uint64_t> pending_ = 0;
  std::atomic<int> told_ = 0;
  std::atomic<signal_receiver*> next_ = nullptr;
};

/// *Errors*: `std::invalid_argument` for a number that no signal has; `std::logic_error` for one that cannot be caught, or that
/// tells of a fault of the program, which a handler that returns would meet again.
HALKA_API void check_catchable(int number);

constexpr std::uint64_t signal_bit(int number) noexcept { return std::uint64_t{1} << (number - 1); }

}  // namespace halka::detail
