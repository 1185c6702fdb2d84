// SPDX-License-Identifier: MIT
#include "cancel_scope.hpp"

#include "../sched/errors.hpp"
#include "../sched/running.hpp"

#include <stdexcept>

namespace halka {

bool cancel_scope::cancelled_around() const noexcept {
  for (cancel_scope const* s = outer_; s; s = s->outer_)
    if (s->cancelled_) return true;
  return false;
}

void cancel_scope::enter() {
  if (entered_) throw std::logic_error("cancel_scope: it was entered before");
  entered_ = true;
  task_ = &detail::require_task();
  outer_ = task_->innermost_scope();
  task_->set_innermost_scope(this);
  cancelling_at_entry_ = task_->cancelling();
  cancel_pending_at_entry_ = task_->cancel_pending();
  if (cancelled_) task_->set_scope_cancelled(true);
}

void cancel_scope::cancel() {
  if (cancelled_) return;
  cancelled_ = true;
  if (task_) task_->set_scope_cancelled(true);
}

void cancel_scope::leave(std::exception_ptr e) {
  bool const still_cancelled = cancelled_around();
  task_->set_innermost_scope(outer_);
  task_->set_scope_cancelled(still_cancelled);
  task_state& task = *std::exchange(task_, nullptr);
  // Ours to absorb only if nobody further out, and no `cancel` of the task, wants it.
  bool const ours = cancelled_ && !still_cancelled && !cancel_pending_at_entry_ && task.cancelling() <= cancelling_at_entry_;
  if (ours) task.forget_pending_cancel();
  if (ours && is_cancelled_error(e)) {
    caught_ = true;
    return;
  }
  if (e) std::rethrow_exception(std::move(e));
}

}  // namespace halka
