// SPDX-License-Identifier: MIT
#pragma once

// What other threads hand to a loop.
//
// A stack onto which any thread pushes; the loop takes it whole and turns it round, so each sender's order is kept. Beside it
// stands whether the loop sleeps. The loop announces its sleep and then looks at the stack once more; a sender pushes and then
// looks whether the loop sleeps. Both orders are sequentially consistent, so at least one of the two sees the other: no wake-up is
// lost, and only the push that finds the loop asleep pays a system call.

#include "runnable.hpp"

#include <atomic>

namespace halka {

class inbox {
 public:
  enum class pushed : unsigned char {
    queued,
    loop_sleeps,  // queued, and the caller must wake the loop; only one pusher is told so
    refused,      // the loop has ended
  };

  /// *Thread safety*: any thread.
  [[nodiscard]] pushed push(runnable& r) noexcept {
    runnable* head = head_.load(std::memory_order_relaxed);  // relaxed: the exchange below checks it
    do {
      if (head == closed()) return pushed::refused;
      r.next = head;
    } while (!head_.compare_exchange_weak(head, &r, std::memory_order_seq_cst, std::memory_order_relaxed));
    return take_sleeper() ? pushed::loop_sleeps : pushed::queued;
  }

  // -- the loop's thread only

  /// Whether anything came. A push that is not seen yet is seen in the next pass or by `sleep`.
  bool empty() const noexcept { return head_.load(std::memory_order_relaxed) == nullptr; }

  /// Moves everything to the end of `queue`, in order.
  void take(ready_queue& queue) noexcept { append(head_.exchange(nullptr, std::memory_order_acquire), queue); }

  /// The same for the last time: nothing is accepted from now on.
  void close(ready_queue& queue) noexcept { append(head_.exchange(closed(), std::memory_order_acquire), queue); }

  /// Announces that the loop goes to sleep. False: something came, it must not.
  [[nodiscard]] bool sleep() noexcept {
    sleeping_.store(true, std::memory_order_seq_cst);
    if (head_.load(std::memory_order_seq_cst) == nullptr) return true;
    awake();
    return false;
  }

  void awake() noexcept { sleeping_.store(false, std::memory_order_relaxed); }  // relaxed: a late wake is harmless

  // -- for signal handlers

  /// True if the loop sleeps and the caller must wake it. Async-signal-safe.
  [[nodiscard]] bool take_sleeper() noexcept {
    return sleeping_.load(std::memory_order_seq_cst) && sleeping_.exchange(false, std::memory_order_seq_cst);
  }

 private:
  /// A head that no runnable has.
  runnable* closed() noexcept { return reinterpret_cast<runnable*>(&head_); }

  /// The stack has the newest first.
  static void append(runnable* newest, ready_queue& queue) noexcept {
    runnable* oldest = nullptr;
    while (newest) {
      runnable* const next = newest->next;
      newest->next = oldest;
      oldest = newest;
      newest = next;
    }
    while (oldest) {
      runnable* const next = oldest->next;
      queue.push(*oldest);
      oldest = next;
    }
  }

  alignas(64) std::atomic<runnable*> head_ = nullptr;  // a cache line of its own: other threads write it
  std::atomic<bool> sleeping_ = false;
};

}  // namespace halka
