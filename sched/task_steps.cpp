// SPDX-License-Identifier: MIT
// The life of a task: creation, steps, end.
#include "task_state.hpp"

#include "errors.hpp"
#include "event_loop.hpp"
#include "promise_base.hpp"
#include "report.hpp"
#include "task_extra.hpp"
#include "task_slab.hpp"

#include <coroutine>
#include <cstdlib>
#include <new>
#include <utility>

namespace halka {

namespace {

std::exception_ptr& as_exception(void*& slot) noexcept {
  static_assert(sizeof(std::exception_ptr) == sizeof(void*));
  return reinterpret_cast<std::exception_ptr&>(slot);
}

[[noreturn]] void report_dropped_body(promise_base const& promise) {
  report("the body of coroutine " + name_and_place(promise.name) +
         " was dropped by the compiler (GCC PR 106188, fixed in 12.3): it has a co_await in the condition of an if or a loop and "
         "declares no name at all. Cure: declare any variable in it, or store the awaited value in one");
  std::abort();
}

}  // namespace

// -- creation and steps

task_state& task_state::create(event_loop& loop, void* outermost, std::source_location coroutine, std::source_location spawned_at) {
  loop.check_usable();
  task_state& t = *new (loop.tasks().allocate()) task_state;
  t.run = step;
  t.frame_ = outermost;
  t.coroutine_ = coroutine;
  t.id_ = loop.next_task_id();
  t.spawned_at_ = spawned_at;
  t.refs_ = 2;
  loop.task_created();
  if (task_state* const creator = detail::current.task; !creator || creator->extra_) [[unlikely]] {
    try {
      t.set_context(current_context());
    } catch (...) {
      t.discard();
      throw;
    }
  }
  return t;
}

void task_state::discard() noexcept {
  frame_ = nullptr;
  loop().task_ended();
  refs_ = 1;
  release();
}

void task_state::start_eagerly() {
  if (!detail::current.task || detail::stack_position() < detail::current.stack_limit) return loop().ready().push(*this);
  running_state const outer = detail::current;
  retain();  // the step may drop the loop's reference
  step_now();
  detail::current.task = outer.task;
  detail::current.transfer = outer.transfer;
  detail::current.started = outer.started;
  detail::current.budget = outer.budget;
  release();
}

/// The step of a task that was cancelled before it began: its body never runs.
void task_state::end_unbegun(runnable& r) {
  auto& t = static_cast<task_state&>(r);
  detail::current.task = &t;
  if (!(t.flags_ & must_cancel)) return t.step_now();  // taken back by uncancel
  t.flags_ &= static_cast<std::uint16_t>(~(must_cancel | own_pending));
  t.finish_with(t.frame_, std::make_exception_ptr(cancelled_error(t.cancel_reason())));
  t.complete();
}

void task_state::step(runnable& r) { static_cast<task_state&>(r).step_now(); }

void task_state::end_step_oddly() {
  while (detail::current.transfer) std::coroutine_handle<>::from_address(std::exchange(detail::current.transfer, nullptr)).resume();
  if (phase_ < task_phase::running) return;
  if (phase_ == task_phase::finished) return complete();
  // Suspended by something that is not ours, or a body never began: the task's outermost coroutine if nothing was awaited yet, else
  // the child that was started last.
  if (where_.line() == 0)
    if (promise_base const& outermost = promise_base::in(frame_); outermost.where.line() == 0) report_dropped_body(outermost);
  if (promise_base const* const child = detail::current.started; child && child->where.line() == 0) report_dropped_body(*child);
  phase_ = task_phase::waiting;
  payload_.waiting = nullptr;
}

// -- the end

void task_state::finish_with(void* frame, std::exception_ptr&& e) noexcept {
  finish(frame);
  flags_ |= has_exception;
  new (&payload_.exception) std::exception_ptr(std::move(e));
}

void task_state::complete() {
  std::coroutine_handle<>::from_address(std::exchange(frame_, nullptr)).destroy();
  if (flags_ & (must_cancel | has_exception)) [[unlikely]]
    return complete_without_value();
  phase_ = task_phase::succeeded;
  conclude(*detail::current.loop);
}

void task_state::complete_without_value() {
  if (!(flags_ & has_exception)) {
    // Cancelled while it ran for the last time: the value is lost.
    drop_outcome();
    flags_ |= has_exception;
    new (&payload_.exception) std::exception_ptr(std::make_exception_ptr(cancelled_error(cancel_reason())));
  }
  std::exception_ptr const e = as_exception(payload_.exception);
  phase_ = is_cancelled_error(e) ? task_phase::cancelled : task_phase::failed;
  bool const interrupt = is_keyboard_interrupt(e);
  if (interrupt) flags_ |= retrieved;  // it is thrown out of the loop
  conclude(*detail::current.loop);
  if (interrupt) std::rethrow_exception(e);
}

void task_state::conclude(event_loop& l) {
  l.task_ended();
  // The owner first: it was there before anybody awaited the task.
  bool const told = owner_ && owner_->child_ended(*owner_, *this);
  if (told) {
    run = tell_owner;  // the loop's reference goes along
    l.ready().push(*this);
  }
  if (!waiters_.empty()) waiters_.notify_all();
  if (!told) release();
}

void task_state::tell_owner(runnable& r) {
  auto& t = static_cast<task_state&>(r);
  t.owner_->child_done(*t.owner_, t);
  t.release();
}

void task_state::abandon() noexcept {
  if (done()) return;
  // The innermost frame leads to the outermost, which owns all others; past a foreign coroutine the way is not known.
  bool foreign = where_.line() == 0 && phase_ != task_phase::created;
  void* frame = std::exchange(frame_, nullptr);
  while (!foreign && promise_base::in(frame).continuation != 0) {
    foreign = promise_base::in(frame).awaited_by() == nullptr;
    frame = promise_base::in(frame).continuation_frame();
  }
  phase_ = task_phase::finished;
  if (!foreign) std::coroutine_handle<>::from_address(frame).destroy();
  flags_ |= has_exception;
  new (&payload_.exception) std::exception_ptr(std::make_exception_ptr(cancelled_error("event loop is closed")));
  phase_ = task_phase::cancelled;
  owner_ = nullptr;
  conclude(loop());
}

std::exception_ptr task_state::exception() const {
  if (!(flags_ & has_exception)) return nullptr;
  return as_exception(const_cast<task_state*>(this)->payload_.exception);
}

void task_state::drop_outcome() noexcept {
  if (flags_ & has_exception) as_exception(payload_.exception).~exception_ptr();
  if (flags_ & has_box) payload_.box->destroy(*payload_.box);
  flags_ &= static_cast<std::uint16_t>(~(has_exception | has_box | has_value));
}

void task_state::report_unretrieved() noexcept {
  try {
    exception_context context;
    context.message = "exception of task '" + name() + "' was never retrieved";
    context.exception = exception();
    context.task_id = id_;
    context.task_name = name();
    context.traceback = formatted_traceback();
    if (event_loop* const l = task_slab::loop_of(*this))
      l->call_exception_handler(context);
    else
      report(context.message + '\n' + context.traceback);
  } catch (...) {
    report("exception of a task was never retrieved, and there is no memory to tell more");
  }
}

std::string task_state::formatted_traceback() const {
  std::exception_ptr const e = exception();
  if (extra_ && extra_->trace.exception == e) return extra_->trace.to_string();
  return describe(e);
}

void task_state::destroy() noexcept {
  if (flags_ & (has_exception | has_box)) [[unlikely]] {
    if (phase_ == task_phase::failed && !(flags_ & retrieved)) {
      refs_ = 1;  // the report may take and drop references
      report_unretrieved();
    }
    drop_outcome();
  }
  if (flags_ & has_extra) [[unlikely]]
    delete extra_;
  this->~task_state();
  task_slab::free(this);
}

}  // namespace halka
