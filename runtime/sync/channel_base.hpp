// SPDX-License-Identifier: MIT
#pragma once

// What two tasks of different loops, or threads, do with one channel at the same time.
//
// One mutex guards the channel: the items, the two lines of waiters, and, while it stands in a line, the waiter too. A waiter lies
// in the frame (or on the stack) that waits. Its states:
//
//   idle     in no line; its own task alone touches it
//   waiting  in a line. Whoever holds the mutex may take it out of there, also another thread
//   granted  taken out and told to go on. A sender's item is in the channel, so its send has happened. A receiver is promised an
//   item ended    taken out, because the channel is closed failed   a sender whose item could not be moved; `error` says why gone
//   taken out, but its loop had ended; whoever took it goes to the next
//
// A promised item stays in the channel until the receiver has resumed on its own loop and takes it: the channel only counts
// (`promised_`) how many are not free. So a receiver that is cancelled before it has resumed gives back by counting down, or by
// granting to the next in line; no item changes its place, and nothing can fail. The same happens when its frame is destroyed
// because its loop is closed. An item that another receiver leaves behind is the next one to be received.
//
// Who is granted on the loop that runs on this thread goes on its ready queue, and so goes on in the next pass. Who belongs to
// another loop is pushed into the mailbox of that, which the waiter has shared since it began to wait, and still inside the mutex:
// a frame does not die without the mutex unless it was resumed, and it is resumed by what was pushed. From the push on, the
// granting thread does not touch the waiter; it keeps the mailbox, and wakes a sleeping loop (a system call) when it has left the
// mutex. Between push and arrival a request to cancel cannot take the waiter back; it is delivered when the task resumes.
//
// When the mutex is free: receivers wait only if no item is free and no sender waits; senders wait only if as many items are free
// as the capacity allows. Of a closed channel, senders do not wait, and receivers only for items that are promised to others.

#include "../../sched/export.hpp"
#include "channel_waiter.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>

namespace halka {

/// Counters of a channel.
struct channel_statistics {
  std::uint64_t sent = 0;      // items that came in
  std::uint64_t received = 0;  // items that went out
  std::size_t senders_waiting = 0;
  std::size_t receivers_waiting = 0;
};

namespace detail {

/// The part of a channel that does not depend on the type of its items.
class HALKA_API channel_base {
 public:
  explicit channel_base(std::size_t capacity) noexcept : capacity_(capacity) {}
  channel_base(channel_base const&) = delete;
  channel_base& operator=(channel_base const&) = delete;

  std::mutex& mutex() const noexcept { return mutex_; }
  std::size_t capacity() const noexcept { return capacity_; }
  std::size_t size() const;
  bool is_closed() const;
  channel_statistics statistics() const;
  void close();

  /// Takes a waiter out of its line. False if it is in none any more.
  bool withdraw(channel_waiter& w, channel_line& line);
  /// A receiver that was granted an item does not take it.
  void give_back(channel_waiter& w);

  // -- with the mutex held

  channel_line& senders() noexcept { return senders_; }
  channel_line& receivers() noexcept { return receivers_; }
  bool closed() const noexcept { return closed_; }
  bool drained() const noexcept { return closed_ && items_ == 0; }
  /// Promises a free item to a receiver.
  void promise_to(channel_waiter& w) noexcept {
    w.state = channel_waiter::phase::granted;
    ++promised_;
  }

 protected:
  ~channel_base() = default;
  std::size_t free_items() const noexcept { return items_ - promised_; }
  bool has_room() const noexcept { return free_items() < capacity_ || !receivers_.empty(); }
  /// An item was added.
  void added(channel_alarm& alarm) noexcept {
    ++items_;
    ++sent_;
    if (!receivers_.empty()) grant_item(alarm);
  }
  /// An item is gone; it had been promised or was free.
  void removed(bool promised, channel_alarm& alarm) noexcept {
    --items_;
    if (promised) --promised_;
    ++received_;
    if (drained()) [[unlikely]]
      end_all(receivers_, alarm);
  }

 private:
  void grant_item(channel_alarm& alarm) noexcept;
  static void end_all(channel_line& line, channel_alarm& alarm) noexcept;

  std::mutex mutable mutex_;
  std::size_t const capacity_;
  std::size_t items_ = 0;
  std::size_t promised_ = 0;  // of these
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  channel_line senders_;
  channel_line receivers_;
  bool closed_ = false;
};

/// Plain threads only. *Errors*: `std::logic_error` on a thread whose loop runs: it would stand still.
HALKA_API void check_may_block(char const* operation);
[[noreturn]] HALKA_API void throw_channel_closed();
[[noreturn]] HALKA_API void throw_no_channel();

}  // namespace detail

}  // namespace halka
