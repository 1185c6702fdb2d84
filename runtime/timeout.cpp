// SPDX-License-Identifier: MIT
#include "timeout.hpp"

#include "../sched/errors.hpp"
#include "../sched/running.hpp"

#include <stdexcept>

namespace halka {

namespace {

/// "500 ms", "2 s": in the largest unit that gives a whole number.
std::string to_text(clock::duration d) {
  auto const count = d.count();
  if (count % 1'000'000'000 == 0) return std::to_string(count / 1'000'000'000) + " s";
  if (count % 1'000'000 == 0) return std::to_string(count / 1'000'000) + " ms";
  if (count % 1'000 == 0) return std::to_string(count / 1'000) + " us";
  return std::to_string(count) + " ns";
}

}  // namespace

timeout_scope::timeout_scope(clock::time_point when, clock::time_point now)
    : timer(deadline_came), task_(detail::require_task()), when_(when), entered_(now) {
  enter(task_);
  set_deadline(now);
}

timeout_scope::~timeout_scope() { remove_deadline(); }

void timeout_scope::set_deadline(clock::time_point now) {
  if (when_ == never) return;
  // What is ready already comes before a deadline that has passed, as in asyncio.
  if (when_ <= now)
    soon_ = task_.loop().call_soon([this] { deadline_came(*this); });
  else
    task_.loop().set_timer(*this, when_);
}

void timeout_scope::remove_deadline() noexcept {
  task_.loop().timers().remove(*this);
  soon_.cancel();
}

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
  remove_deadline();
  set_deadline(task_.loop().time());
}

void timeout_scope::deadline_came(timer& t) {
  auto& self = static_cast<timeout_scope&>(t);
  self.phase_ = phase::expiring;
  self.request();
}

std::string timeout_scope::cancel_reason() const {
  if (when_ <= entered_) return "timeout, without any time left";
  return "timeout after " + to_text(when_ - entered_);
}

void timeout_scope::leave(std::exception_ptr e) {
  remove_deadline();
  phase_ = phase_ == phase::active ? phase::finished : phase::expired;
  if (cancel_request::leave(e)) throw timeout_error();
  if (e) std::rethrow_exception(std::move(e));
}

}  // namespace halka
