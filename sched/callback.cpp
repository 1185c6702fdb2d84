// SPDX-License-Identifier: MIT
#include "callback.hpp"

#include "errors.hpp"
#include "event_loop.hpp"
#include "running.hpp"

namespace halka {

callback::callback(event_loop& loop)
    : runnable{nullptr, run_now}, timer(deadline_came), loop_(&loop), context_(current_context()) {}

callback::~callback() = default;

void callback::cancel() noexcept {
  if (cancelled_ || begun_) return;
  cancelled_ = true;
  if (set()) {
    loop_->timers_.remove(*this);
    release();  // the queue's reference
  }
}

void callback::deadline_came(timer& t) {
  auto& self = static_cast<callback&>(t);
  self.loop_->ready_.push(self);
}

void callback::run_now(runnable& r) {
  auto& self = static_cast<callback&>(r);
  struct reference {
    callback& held;
    ~reference() { held.release(); }
  } const queued{self};
  if (self.cancelled_ || self.loop_->is_closed()) return;
  self.begun_ = true;              // from now on cancel() comes too late
  detail::current.task = nullptr;  // the step before may have been a task's
  context_scope const scope(self.context_);
  try {
    self.call();
  } catch (keyboard_interrupt const&) {
    throw;
  } catch (...) {
    exception_context context;
    context.message = "exception in callback";
    context.exception = std::current_exception();
    self.loop_->call_exception_handler(context);
  }
}

}  // namespace halka
