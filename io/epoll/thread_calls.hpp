// SPDX-License-Identifier: MIT
#pragma once

// Operations in worker threads.
//
//   queued --a worker takes it--> begun --> ended: in the list that the loop takes
//      |                            |
//   take_back: never happens     interrupt (only of those with patience): sent again and again, until it has ended
//
// Two pools: few threads for files, whose calls end by themselves, and one thread for each call that may wait for somebody (opening
// a pipe with a name, accepting, connecting to a unix socket whose backlog is full, a terminal): what it waits for may be another
// one of them. Both start their threads when there is work.
//
// Who ends a call pushes it on a stack and then looks whether the loop sleeps; the loop says that it sleeps and then looks at the
// stack. Both are sequentially consistent, so one sees the other, as with the inbox (sched/inbox.hpp). models/thread_calls.pml
// shows it.

#include "../../sched/clock.hpp"
#include "../../sched/worker_threads.hpp"
#include "../io_operation.hpp"
#include "attempt.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>

namespace halka {

class thread_calls {
 public:
  /// A call, with what became of it.
  struct call;

  /// `eventfd` wakes the loop.
  explicit thread_calls(int eventfd) noexcept : eventfd_(eventfd) {}
  thread_calls(thread_calls const&) = delete;
  thread_calls& operator=(thread_calls const&) = delete;

  /// *Errors*: `std::bad_alloc`; `std::system_error` if there is no thread.
  void start(io_operation& op, bool patience);
  /// True if it had not begun; it never will.
  bool take_back(io_operation& op) noexcept;
  /// Whether it may wait for somebody.
  static bool is_patient(io_operation const& op) noexcept;
  /// Interrupts a call that has begun, if it may wait for somebody.
  void interrupt(io_operation& op) noexcept;

  /// A call that has ended, of which `result` and the progress are set; null if there is none.
  io_operation* take_ended(progress& out) noexcept;
  bool any_ended() const noexcept { return ended_.load() != nullptr || taken_ != nullptr; }

  /// Announces that the loop sleeps, until `awake`. False: a call has ended, it must not.
  [[nodiscard]] bool sleep() noexcept;
  void awake() noexcept { asleep_.store(false, std::memory_order_relaxed); }  // relaxed: a late wake-up is harmless

  /// Calls `fn(op)` for each operation that is out; `fn` may take it back or interrupt it.
  template <class F>
  void for_each(F&& fn) noexcept;

  std::size_t size() const noexcept { return size_; }
  /// Some calls are being interrupted, and need `repeat_interruptions` so often; more often it does nothing.
  static constexpr std::chrono::milliseconds between_interruptions{2};
  bool interrupting() const noexcept { return interrupting_ != 0; }
  void repeat_interruptions() noexcept;
  /// Waits until a call has ended, some milliseconds at most.
  void wait_a_moment() noexcept;

 private:
  /// A member of the list of all that are out.
  struct link {
    link* next = this;
    link* previous = this;
  };

  void tell(call& ended) noexcept;
  void unlink(call& c) noexcept;
  static io_operation& operation_of(link& l) noexcept;
  worker_threads& pool(bool patience);

  int const eventfd_;
  std::size_t size_ = 0;  // operations that are out
  std::size_t interrupting_ = 0;
  clock::time_point next_repetition_;
  link out_;
  call* taken_ = nullptr;  // from `ended_`, in order
  std::atomic<call*> ended_ = nullptr;
  std::atomic<bool> asleep_ = false;
  std::optional<worker_threads> files_;  // last: its threads use the rest
  std::optional<worker_threads> waiting_;
};

template <class F>
void thread_calls::for_each(F&& fn) noexcept {
  for (link *l = out_.next, *next = l->next; l != &out_; l = next, next = l->next) fn(operation_of(*l));
}

}  // namespace halka
