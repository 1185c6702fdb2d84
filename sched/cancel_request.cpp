// SPDX-License-Identifier: MIT
#include "cancel_request.hpp"

#include "errors.hpp"
#include "event_loop.hpp"
#include "task_extra.hpp"
#include "task_state.hpp"

namespace halka {

void cancel_request::enter(task_state& t, trigger how, bool shield) {
  if (shield) {
    task_state::extra& more = t.more();
    outer_shield_ = more.shield;
    more.shield = this;
    shield_ = true;
  }
  task_ = &t;
  inside_ = true;
  level_ = how == trigger::level;
  number_ = t.loop().next_block_number();
  cancels_at_entry_ = t.own_cancels();
  cancel_pending_at_entry_ = t.flags_ & task_state::own_pending;
  if (shield) t.update_cancel_flags();
}

void cancel_request::request() {
  if (!requested_) {
    cancel_request** place = &task_->more().requests;
    while (*place && (*place)->number_ > number_) place = &(*place)->next_;
    next_ = *place;
    *place = this;
    requested_ = true;
  }
  touched_ = task_->loop().next_block_number();
  pending_ = true;
  task_->update_cancel_flags();
  if (task_->sees(*this)) task_->deliver_if_waiting();
}

bool cancel_request::leave(std::exception_ptr& e) {
  drop();
  if (!requested_ || !is_cancelled_error(e)) return false;
  std::string reason;
  if (shield_ || !wanted_outside(reason)) return true;
  e = std::make_exception_ptr(cancelled_error(reason));
  return false;
}

void cancel_request::drop() noexcept {
  if (!inside_) return;
  inside_ = false;
  if (!requested_ && !shield_) return;
  task_state::extra& more = *task_->extra_;
  if (requested_) {
    cancel_request** place = &more.requests;
    while (*place != this) place = &(*place)->next_;
    *place = next_;
  }
  if (shield_) more.shield = outer_shield_;
  task_->update_cancel_flags();
}

bool cancel_request::own_request_came() const noexcept {
  return !(task_->flags_ & task_state::shielded) && (task_->own_cancels() > cancels_at_entry_ || cancel_pending_at_entry_);
}

bool cancel_request::wanted_outside(std::string& reason) const {
  if (own_request_came()) {
    reason = task_->cancel_reason();
    return true;
  }
  cancel_request const* outermost = nullptr;
  for (cancel_request const* r = task_->extra_->requests; r; r = r->next_)
    if (task_->sees(*r) && (r->undelivered() || r->touched_ > number_)) outermost = r;
  if (outermost) reason = outermost->cancel_reason();
  return outermost;
}

void cancel_request::deliver_outside_again() noexcept {
  if (own_request_came()) task_->flags_ |= task_state::own_pending;
  if (task_->extra_)
    for (cancel_request* r = task_->extra_->requests; r; r = r->next_)
      if (r->touched_ > number_) r->pending_ = true;
  task_->update_cancel_flags();
}

}  // namespace halka
