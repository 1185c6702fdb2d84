// SPDX-License-Identifier: MIT
// How requests to cancel reach a task (cancel_request.hpp).
#include "task_state.hpp"

#include "cancel_request.hpp"
#include "errors.hpp"
#include "event_loop.hpp"
#include "task_extra.hpp"

#include <limits>
#include <utility>

namespace halka {

namespace {

constexpr std::uint16_t without(int flags) noexcept { return static_cast<std::uint16_t>(~flags); }

}  // namespace

// -- who asks

bool task_state::cancel(std::string_view reason) {
  if (phase_ >= task_phase::finished) {
    flags_ |= retrieved;
    return false;
  }
  if (flags_ & asking) return false;  // tasks that wait for each other in a circle
  if (cancels_ < std::numeric_limits<decltype(cancels_)>::max())
    ++cancels_;
  else
    ++more().more_cancels;
  set_reason(reason);
  flags_ |= own_pending;
  if (!(flags_ & shielded)) {
    flags_ |= must_cancel;
    deliver_if_waiting();
  }
  if (phase_ == task_phase::created) run = end_unbegun;
  return true;
}

unsigned task_state::own_cancels() const noexcept { return cancels_ + (extra_ ? extra_->more_cancels : 0); }

unsigned task_state::cancelling() const noexcept {
  unsigned n = own_cancels();
  if (extra_)
    for (cancel_request const* r = extra_->requests; r; r = r->next_) ++n;
  return n;
}

unsigned task_state::uncancel() noexcept {
  if (extra_ && extra_->more_cancels > 0) {
    --extra_->more_cancels;
  } else if (cancels_ > 0 && --cancels_ == 0 && (flags_ & own_pending)) {
    flags_ &= without(own_pending);
    update_cancel_flags();
  }
  return cancelling();
}

void task_state::set_must_cancel() noexcept {
  bool found = flags_ & own_taken;
  if (extra_) {
    for (cancel_request* r = extra_->requests; r; r = r->next_) {
      if (!r->taken_) continue;
      r->taken_ = false;
      r->pending_ = found = true;
    }
  }
  if ((flags_ & own_taken) || !found) flags_ |= own_pending;
  flags_ &= without(own_taken);
  update_cancel_flags();
}

void task_state::update_cancel_flags() noexcept {
  flags_ &= without(must_cancel | scope_cancelled | shielded);
  if (extra_ && extra_->shield)
    flags_ |= shielded;
  else if (flags_ & own_pending)
    flags_ |= must_cancel;
  if (!extra_) return;
  for (cancel_request const* r = extra_->requests; r && sees(*r); r = r->next_) {
    if (r->pending_) flags_ |= must_cancel;
    if (r->level_) flags_ |= scope_cancelled;
  }
}

bool task_state::sees(cancel_request const& r) const noexcept { return !extra_->shield || r.number_ >= extra_->shield->number_; }

// -- how it arrives

bool task_state::ask_suspension(std::string_view reason) {
  if (phase_ != task_phase::waiting || !payload_.waiting) return false;
  flags_ |= asking;
  bool const letting_go = payload_.waiting->cancel(reason);
  flags_ &= without(asking);
  return letting_go;
}

void task_state::deliver_if_waiting() {
  if (phase_ == task_phase::waiting) deliver_pending_cancel();
}

void task_state::deliver_pending_cancel() {
  if (!ask_suspension(reason_to_throw())) return;
  flags_ |= asked;
  if (!(flags_ & shielded) && (flags_ & own_pending)) flags_ = (flags_ & without(own_pending)) | own_taken;
  if (extra_) {
    for (cancel_request* r = extra_->requests; r && sees(*r); r = r->next_) {
      if (!r->pending_ && !r->level_) continue;
      r->pending_ = false;
      r->taken_ = true;
      r->touched_ = loop().next_block_number();
    }
  }
  flags_ &= without(must_cancel);
}

std::string task_state::reason_to_throw() const {
  if (!extra_) return {};
  if ((flags_ & (own_pending | own_taken)) && !(flags_ & shielded)) return extra_->reason;
  cancel_request const* outermost = nullptr;
  for (cancel_request const* r = extra_->requests; r && sees(*r); r = r->next_)
    if (r->undelivered()) outermost = r;
  return outermost ? outermost->cancel_reason() : extra_->reason;
}

void task_state::interrupt() noexcept {
  flags_ |= interrupted;
  wake();
}

void task_state::meet_cancellation() {
  bool const throws = flags_ & (must_cancel | interrupted | scope_cancelled);
  std::string const reason = throws ? reason_to_throw() : std::string();
  if (extra_) {
    for (cancel_request* r = extra_->requests; r; r = r->next_) {
      bool const delivered = r->taken_ || (r->pending_ && sees(*r));
      if (!delivered) continue;
      r->taken_ = r->pending_ = false;
      r->touched_ = loop().next_block_number();
    }
  }
  flags_ &= without(must_cancel | interrupted | asked | own_taken);
  if (!(flags_ & shielded)) flags_ &= without(own_pending);
  if (throws) throw cancelled_error(reason);
}

}  // namespace halka
