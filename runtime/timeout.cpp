// SPDX-License-Identifier: MIT
#include "timeout.hpp"

#include "../sched/errors.hpp"
#include "../sched/running.hpp"

#include <stdexcept>

namespace halka {

timeout_scope::timeout_scope(clock::time_point when)
    : timer(deadline_came),
      task_(detail::require_task()),
      when_(when),
      cancelling_at_entry_(task_.cancelling()),
      cancel_pending_at_entry_(task_.cancel_pending()) {
  if (when_ != never) task_.loop().set_timer(*this, when_);
}

timeout_scope::~timeout_scope() { task_.loop().timers().remove(*this); }

void timeout_scope::reschedule(clock::time_point when) {
  switch (phase_) {
    case phase::active:
      break;
    case phase::expiring:
      throw std::logic_error("reschedule: the timeout is expiring");
    case phase::expired:
      throw std::logic_error("reschedule: the timeout has expired");
    case phase::finished:
      throw std::logic_error("reschedule: the timeout has finished");
  }
  when_ = when;
  task_.loop().timers().remove(*this);
  if (when != never) task_.loop().set_timer(*this, when);
}

void timeout_scope::deadline_came(timer& t) {
  auto& self = static_cast<timeout_scope&>(t);
  self.phase_ = phase::expiring;
  self.task_.cancel();
}

void timeout_scope::leave(std::exception_ptr e) {
  task_.loop().timers().remove(*this);
  if (phase_ == phase::active) {
    phase_ = phase::finished;
  } else {
    phase_ = phase::expired;
    // The request of the deadline is taken back. If none is left that came after the block was entered, the cancellation on its way
    // out is the deadline's; one that was pending already then belongs to somebody outside.
    bool const ours = task_.uncancel() <= cancelling_at_entry_ && !cancel_pending_at_entry_;
    if (ours) task_.forget_pending_cancel();
    if (ours && is_cancelled_error(e)) throw timeout_error();
  }
  if (e) std::rethrow_exception(std::move(e));
}

}  // namespace halka
