// SPDX-License-Identifier: MIT
#pragma once

// The control block of a task: one record of 128 bytes, taken from a slab of its loop (task_slab.hpp).
//
// A task is a chain of coroutine frames. The outermost was given to create_task, each awaits the next, and the innermost waits on a
// suspension. The record knows the innermost frame (resumed to go on), the suspension (asked to let go on cancel), and at the end
// the outcome; the frames are destroyed when the task ends, the record when the last handle goes. The loop holds one reference
// until the task has ended.
//
//   created --first step--> running <--step--  ready  <--wake--+
//                              |                                |
//                              +--yield--> ready                |
//                              +--suspend--> waiting ----------+
//                              +--return--> finished --> succeeded | failed | cancelled
//
// Cancellation follows asyncio: `cancel` counts a request. A waiting task asks its suspension to let go; when that is not possible
// (running, ready, or the suspension has finished already) the request stays pending, which the flag `must_cancel` tells, and is
// thrown at the next point where the task resumes from a suspension. The requests of blocks go the same way (cancel_request.hpp).
//
// Only the loop's thread touches a record, but it holds no pointer that is needed to print it other than to static text, so that
// the slab can lie in memory which another process reads.

#include "context.hpp"
#include "export.hpp"
#include "runnable.hpp"
#include "running.hpp"
#include "suspension.hpp"
#include "waiter.hpp"

#include <coroutine>
#include <cstdint>
#include <exception>
#include <source_location>
#include <string>
#include <string_view>

namespace halka {

class cancel_request;
class event_loop;
class task_state;
struct exception_trace;

/// Those before `running` are left by a step, those after it are the end.
enum class task_phase : std::uint8_t { created, ready, waiting, running, finished, succeeded, failed, cancelled };

/// "created", "ready", ...
HALKA_API std::string_view to_string(task_phase phase) noexcept;

/// Who created a task and wants to be told of its end: a task group.
struct task_owner {
  /// Told at once, in the task's last step. True: it wants to be told again through the loop.
  bool (*child_ended)(task_owner&, task_state&);
  /// Told in the next pass.
  void (*child_done)(task_owner&, task_state&);
};

/// A task's value that does not fit into its record.
struct boxed_value {
  void (*destroy)(boxed_value&) noexcept;
};

class HALKA_API task_state final : public runnable {
 public:
  enum flag : std::uint16_t {
    must_cancel = 1,      // a request is pending, and no shield hides it: thrown when the task resumes
    interrupted = 2,      // the suspension was torn down: throws when the task resumes
    scope_cancelled = 4,  // an enclosing level-triggered scope is cancelled, and no shield hides it: every suspension throws
    retrieved = 8,        // somebody looked at the failure
    has_value = 16,       // succeeded, and the value was kept in the record
    has_box = 32,         // succeeded, and the value was kept in a box
    has_exception = 64,   // failed or cancelled
    user_named = 128,
    has_extra = 256,
    own_pending = 512,  // a request of `cancel` is pending
    own_taken = 1024,   // one was taken by the suspension
    asked = 2048,       // the suspension has taken a request, of `cancel` or of a block
    shielded = 4096,    // in a block that hides requests from outside
    asking = 8192,      // its suspension is being asked to let go
  };

  // -- identity

  std::uint64_t id() const noexcept { return id_; }
  /// What `set_name` said, else "Task-" and the id.
  std::string name() const;
  void set_name(std::string_view name);
  task_phase phase() const noexcept { return phase_; }
  bool done() const noexcept { return phase_ >= task_phase::succeeded; }
  std::source_location coroutine() const noexcept { return coroutine_; }
  void set_coroutine(std::source_location coroutine) noexcept { coroutine_ = coroutine; }
  std::source_location spawned_at() const noexcept { return spawned_at_; }
  /// The co_awaits in which a waiting task is, the innermost first: "gather.cpp:23 <- demo.cpp:12".
  std::string await_chain() const;
  /// Tells what a waiting task waits for.
  void describe_wait(wait_description& d) const {
    if (phase_ == task_phase::waiting && payload_.waiting) payload_.waiting->describe(d);
  }
  /// The frame to resume; null when the task is done.
  void* innermost_frame() const noexcept { return frame_; }
  event_loop& loop() const noexcept;
  context_ref const& context() const noexcept;
  void set_context(context_ref context);

  // -- suspending and waking

  /// The task that runs is about to suspend in `frame`, at `where`.
  void suspend_at(void* frame, std::source_location where) noexcept {
    frame_ = frame;
    where_ = where;
  }

  /// Waits on `s` until `wake`. The last thing that an `await_suspend` does.
  void wait_on(suspension& s) {
    payload_.waiting = &s;
    phase_ = task_phase::waiting;
    if (flags_ & (must_cancel | scope_cancelled)) [[unlikely]]
      deliver_pending_cancel();
  }

  /// Takes `wait_on` back: suspending has failed, and the step goes on.
  void go_on() noexcept {
    payload_.waiting = nullptr;
    phase_ = task_phase::running;
  }

  /// Queues the next step without waiting for anything.
  void yield_to(ready_queue& queue) noexcept {
    phase_ = task_phase::ready;
    queue.push(*this);
  }

  /// The suspension is over: queues the next step.
  void wake() noexcept;

  /// Wakes the task so that its suspension throws.
  void interrupt() noexcept;

  /// Called in the `await_resume` of everything that suspended.
  void check_cancelled() {
    if (flags_ & (must_cancel | interrupted | scope_cancelled | asked)) [[unlikely]]
      meet_cancellation();
  }
  /// Whether `check_cancelled` would throw.
  bool cancel_due() const noexcept { return flags_ & (must_cancel | interrupted | scope_cancelled); }
  /// Lets the next suspension throw: a request that the suspension took came together with a result that must not be lost.
  void set_must_cancel() noexcept;

  // -- cancellation

  bool cancel(std::string_view reason = {});
  /// Those of `cancel`, and the blocks that have asked.
  unsigned cancelling() const noexcept;
  unsigned uncancel() noexcept;
  /// What was given to `cancel` last.
  std::string_view cancel_reason() const noexcept;

  // -- outcome

  void mark_retrieved() noexcept { flags_ |= retrieved; }
  bool was_retrieved() const noexcept { return flags_ & retrieved; }
  /// The exception of a failed or cancelled task, null otherwise.
  std::exception_ptr exception() const;
  /// The bytes of a small value, valid if it was kept.
  void* small_value() noexcept { return payload_.small; }
  boxed_value* box() const noexcept { return flags_ & has_box ? payload_.box : nullptr; }
  bool kept_value() const noexcept { return flags_ & (has_value | has_box); }
  /// The exception with its way through the coroutines, as `traceback` prints it.
  std::string formatted_traceback() const;
  /// False if nobody is left who could ask for the value.
  bool value_wanted() const noexcept { return refs_ > 1 || !waiters_.empty(); }
  waiter_list& waiters() noexcept { return waiters_; }

  /// The outermost coroutine has returned: its frame, suspended for the last time, is destroyed by the loop in this step.
  void finish(void* frame) noexcept {
    frame_ = frame;
    phase_ = task_phase::finished;
  }
  void finish_with(void* frame, std::exception_ptr&& e) noexcept;
  void* keep_small_value() noexcept {
    flags_ |= has_value;
    return payload_.small;
  }
  void keep_box(boxed_value& box) noexcept {
    flags_ |= has_box;
    payload_.box = &box;
  }

  /// The frames through which the task's exception passed so far; made on first use.
  exception_trace& trace();
  exception_trace const* find_trace() const noexcept;
  /// The exception of `other` is about to be thrown here: its way goes on.
  void continue_trace(task_state const& other) noexcept;

  // -- creation and lifetime

  /// One record in the slab of `loop`, in phase created, with two references: the loop's and the caller's. It is started by pushing
  /// it onto the loop's ready queue, or eagerly.
  ///
  /// *Errors*: `std::bad_alloc`; `std::logic_error` if the loop is closed.
  static task_state& create(event_loop& loop, void* outermost, std::source_location coroutine, std::source_location spawned_at);
  /// Takes back a creation; nobody has seen the task yet, and its coroutine stays with its owner.
  void discard() noexcept;
  /// Whether `r` is a task that is queued for a step.
  static bool is_step(runnable const& r) noexcept { return r.run == step || r.run == end_unbegun; }
  /// Runs what was taken from the queue: a step without a call, anything else through its function.
  static void run_queued(runnable& r) {
    if (r.run == step) [[likely]]
      static_cast<task_state&>(r).step_now();
    else
      r.run(r);
  }
  /// Runs the first step now, inside the step of the task that creates it.
  void start_eagerly();
  void set_owner(task_owner& owner, std::uint32_t index) noexcept {
    owner_ = &owner;
    owner_index_ = index;
  }
  std::uint32_t owner_index() const noexcept { return owner_index_; }
  void set_owner_index(std::uint32_t index) noexcept { owner_index_ = index; }

  /// The loop is closed: destroys the frames where they are. The task ends cancelled.
  void abandon() noexcept;

  void retain() noexcept { ++refs_; }
  void release() noexcept {
    if (--refs_ == 0) destroy();
  }

  task_state(task_state const&) = delete;
  task_state& operator=(task_state const&) = delete;

 private:
  struct extra;
  friend class cancel_request;
  friend class task_slab;

  task_state() noexcept = default;
  ~task_state() = default;
  void destroy() noexcept;
  void deliver_pending_cancel();
  void deliver_if_waiting();
  void meet_cancellation();
  void update_cancel_flags() noexcept;
  bool sees(cancel_request const& r) const noexcept;
  unsigned own_cancels() const noexcept;
  std::string reason_to_throw() const;
  extra& more();
  void set_reason(std::string_view reason);
  void step_now() {
    phase_ = task_phase::running;
    detail::current.task = this;
    detail::current.budget = detail::current.step_budget;
    std::coroutine_handle<>::from_address(frame_).resume();
    if (phase_ < task_phase::running) return;
    if (phase_ == task_phase::finished)
      complete();
    else
      end_step_oddly();
  }
  void end_step_oddly();
  void complete();
  void complete_without_value();
  void conclude(event_loop& l);
  void drop_outcome() noexcept;
  bool ask_suspension(std::string_view reason);
  void report_unretrieved() noexcept;
  static void step(runnable&);
  static void end_unbegun(runnable&);
  static void tell_owner(runnable&);

  union payload {
    suspension* waiting;
    unsigned char small[sizeof(void*)];
    boxed_value* box;
    void* exception;  // holds a std::exception_ptr
  };

  // The first cache line is all that a step touches.
  void* frame_ = nullptr;
  payload payload_{};  // waiting: the suspension; done: the outcome
  waiter_list waiters_;
  task_owner* owner_ = nullptr;
  std::uint32_t refs_ = 0;
  std::uint16_t flags_ = 0;
  std::uint8_t cancels_ = 0;
  task_phase phase_ = task_phase::created;
  std::source_location where_;
  std::uint64_t id_ = 0;    // from here on, for those who look
  extra* extra_ = nullptr;  // if has_extra
  std::source_location coroutine_;
  std::source_location spawned_at_;
  std::uint32_t owner_index_ = 0;
  char name_[28] = {};
};

static_assert(sizeof(task_state) == 128);

}  // namespace halka
