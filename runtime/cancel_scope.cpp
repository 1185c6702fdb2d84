// SPDX-License-Identifier: MIT
#include "cancel_scope.hpp"

#include "../sched/event_loop.hpp"
#include "../sched/running.hpp"

#include <stdexcept>

namespace halka {

cancel_scope::~cancel_scope() { abandon(); }

void cancel_scope::abandon() noexcept {
  if (!entered_in()) return;
  entered_in()->loop().timers().remove(*this);
  drop();
}

void cancel_scope::check_thread(char const* operation) const {
  if (entered_in() && detail::current.loop != &entered_in()->loop())
    throw std::logic_error(std::string(operation) +
                           ": the scope is in another loop's task; use call_soon_threadsafe of the loop that runs it");
}

void cancel_scope::enter() {
  if (was_entered_) throw std::logic_error("cancel_scope: it was entered before");
  cancel_request::enter(detail::require_task(), options_.level_triggered ? trigger::level : trigger::edge, options_.shield);
  was_entered_ = true;
  if (cancelled_)
    request();
  else
    set_deadline();
}

void cancel_scope::set_deadline() {
  if (options_.deadline != never) entered_in()->loop().set_timer(*this, options_.deadline);
}

void cancel_scope::reschedule(clock::time_point deadline) {
  check_thread("cancel_scope::reschedule");
  options_.deadline = deadline;
  if (!entered_in() || cancelled_) return;
  entered_in()->loop().timers().remove(*this);
  set_deadline();
}

void cancel_scope::cancel(std::string_view reason) {
  check_thread("cancel_scope::cancel");
  bool const left = was_entered_ && !entered_in();
  if (left || (cancelled_ && options_.level_triggered)) return;
  cancelled_ = true;
  reason_ = reason.empty() ? "cancel_scope" : reason;
  if (!entered_in()) return;
  entered_in()->loop().timers().remove(*this);
  request();
}

void cancel_scope::deadline_came(timer& t) {
  auto& self = static_cast<cancel_scope&>(t);
  self.cancelled_ = true;
  self.reason_ = "deadline of a cancel_scope";
  self.request();
}

std::string cancel_scope::cancel_reason() const { return reason_; }

void cancel_scope::leave(std::exception_ptr e) {
  entered_in()->loop().timers().remove(*this);
  if (cancel_request::leave(e))
    caught_ = true;
  else if (e)
    std::rethrow_exception(std::move(e));
}

}  // namespace halka
