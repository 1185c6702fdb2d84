// SPDX-License-Identifier: MIT
#pragma once

#include "export.hpp"
#include "inbox.hpp"
#include "runnable.hpp"

#include <mutex>

namespace halka {

class poller;

/// A loop's address for other threads. It is shared, so that what a thread sends may arrive after the loop has ended: it is then
/// refused.
class HALKA_API mailbox {
 public:
  explicit mailbox(poller& p) noexcept : poller_(&p) {}
  mailbox(mailbox const&) = delete;
  mailbox& operator=(mailbox const&) = delete;

  /// Hands `r` to the loop, which runs it in its next pass, and wakes the loop if it sleeps. False: the loop has ended, `r` is
  /// still the caller's.
  ///
  /// *Thread safety*: any thread.
  [[nodiscard]] bool post(runnable& r) noexcept {
    switch (inbox_.push(r)) {
      case inbox::pushed::queued:
        return true;
      case inbox::pushed::loop_sleeps:
        wake();
        return true;
      case inbox::pushed::refused:
        break;
    }
    return false;
  }

  /// The first half of `post`, which makes no system call: after `loop_sleeps` the caller must call `wake`, and may do so when it
  /// has left its critical section.
  ///
  /// *Thread safety*: any thread.
  [[nodiscard]] inbox::pushed push(runnable& r) noexcept { return inbox_.push(r); }
  void wake() noexcept;

  // -- the loop's side

  inbox& contents() noexcept { return inbox_; }

  /// Refuses everything from now on and puts what has come into `queue`.
  void close(ready_queue& queue) noexcept;

 private:
  inbox inbox_;
  std::mutex mutex_;  // between a wake-up and the end of the loop
  poller* poller_;
};

}  // namespace halka
