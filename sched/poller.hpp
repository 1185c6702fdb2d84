// SPDX-License-Identifier: MIT
#pragma once

#include "adaptive_spin.hpp"
#include "clock.hpp"
#include "export.hpp"
#include "inbox.hpp"

#include <cstdint>
#include <functional>
#include <string_view>

namespace halka {

class event_loop;

/// Readiness that a descriptor can be watched for.
enum class direction : std::uint8_t { read, write };

/// What a loop sleeps on: the source of everything that happens outside of it.
///
/// io/ implements it over the kernel, tests/support as a clock that jumps. The loop calls `poll` when `wants_poll` says so and
/// `wait` when it has nothing to run; both put whatever has finished on the loop's ready queue.
class HALKA_API poller {
 public:
  explicit poller(std::string_view name) noexcept : name_(name) {}
  virtual ~poller();
  poller(poller const&) = delete;
  poller& operator=(poller const&) = delete;

  /// "io_uring", "virtual clock", ...
  std::string_view name() const noexcept { return name_; }

  /// Binds the poller to the loop and the thread that will use it.
  virtual void attach(event_loop& loop) = 0;

  /// Submits what is queued and takes what has finished, without waiting.
  virtual void poll() = 0;

  /// Submits what is queued and waits until something has finished, `wake` was called, or `deadline` has come; `never` for no
  /// deadline. May return early for no reason.
  virtual void wait(clock::time_point deadline) = 0;

  /// To be called before `wait`: looks without sleeping, for as long as that pays, at what has finished and at what other threads
  /// sent. They need not wake a loop that looks. True if something came or the deadline has; there is no need to `wait` then.
  bool look_first(inbox const& sent, clock::time_point deadline) { return spin_.pays() && spin(sent, deadline); }

  /// Ends a `wait`, the present or the next one. *Thread safety*: any thread, and signal handlers.
  virtual void wake() noexcept = 0;

  /// Cancels what is in flight and waits until the kernel has let go of all of it. The loop is about to end.
  virtual void drain() = 0;

  /// This process was forked from the one that uses the poller: closes its copies of what the two share, and changes none of it.
  /// Only what is allowed in a signal handler.
  virtual void forked() noexcept {}

  /// Calls `callback` in every pass in which `fd` is ready in this direction, until `unwatch`; replaces a callback set before.
  virtual void watch(int fd, direction d, std::function<void()> callback) = 0;

  /// True if there was something to unwatch.
  virtual bool unwatch(int fd, direction d) = 0;

  /// Calls `callback` when the process gets the signal, until `unwatch_signal`; replaces a callback set before.
  ///
  /// *Errors*: `std::invalid_argument` if it is no signal's number; `std::logic_error` if it cannot be caught.
  virtual void watch_signal(int number, std::function<void()>&& callback) = 0;

  /// True if there was something to unwatch.
  virtual bool unwatch_signal(int number) = 0;

  /// Called in the loop after an `event_loop::nudge`.
  virtual void nudged() = 0;

  /// Whether `poll` would find anything to do: two loads, no call.
  bool wants_poll() const noexcept {
    // relaxed: a hint; `poll` and `wait` synchronise with the kernel
    return queued_ != 0 || (__atomic_load_n(signal_, __ATOMIC_RELAXED) & signal_mask_) != 0;
  }

  /// The time, if the poller replaces the clock; null otherwise.
  clock::time_point const* virtual_now() const noexcept { return virtual_now_; }

  /// Where io/ finds its own part again; null if this poller performs no operations.
  void* operations() const noexcept { return operations_; }

  /// Work that somebody outside (a worker thread) will report through the loop's inbox. While there is any, a virtual clock stands.
  /// The loop's thread only: taken when the work is handed out, returned when its report has arrived.
  void hold() noexcept { ++held_; }
  void unhold() noexcept { --held_; }
  bool held() const noexcept { return held_ != 0; }

 protected:
  virtual bool spin(inbox const& sent, clock::time_point deadline);

  adaptive_spin spin_;  // told by `wait` and `spin`
  static constexpr unsigned quiet = 0;
  unsigned queued_ = 0;              // operations not yet handed to the kernel
  unsigned const* signal_ = &quiet;  // a word in which the kernel says that it has something
  unsigned signal_mask_ = 0;
  clock::time_point const* virtual_now_ = nullptr;
  void* operations_ = nullptr;

 private:
  std::string_view name_;
  unsigned held_ = 0;
};

}  // namespace halka
