// SPDX-License-Identifier: MIT
#include "barrier.hpp"

#include "../../sched/errors.hpp"

#include <stdexcept>
#include <string>

namespace halka {

barrier::barrier(std::ptrdiff_t parties) : parties_(static_cast<std::size_t>(parties)) {
  if (parties < 1) throw std::invalid_argument("barrier: it needs at least one party");
}

void barrier::meet() {
  for (std::size_t i = 0; !waiting_.empty(); ++i) {
    auto& party = static_cast<wait_awaiter&>(waiting_.first());
    party.index_ = i;
    party.outcome_ = wait_awaiter::outcome::met;
    party.stand_in(leaving_);
    party.wake();
  }
}

void barrier::turn_away() {
  wait_awaiter::outcome const o = broken_ ? wait_awaiter::outcome::broken : wait_awaiter::outcome::reset;
  waiting_.for_each([o](sync_awaiter& a) { static_cast<wait_awaiter&>(a).outcome_ = o; });
  leaving_.for_each([o](sync_awaiter& a) { static_cast<wait_awaiter&>(a).outcome_ = o; });
  waiting_.turn_away_all();
}

void barrier::reset() {
  broken_ = false;
  turn_away();
}

void barrier::abort() {
  broken_ = true;
  turn_away();
}

void barrier::wait_awaiter::throw_broken(outcome o) {
  throw broken_barrier_error(o == outcome::reset ? "the barrier was reset while the task waited" : "the barrier is broken");
}

bool barrier::wait_awaiter::await_ready() {
  if (barrier_.broken_) throw_broken(outcome::broken);
  std::size_t const before = barrier_.n_waiting();
  if (before + 1 < barrier_.parties_) return false;
  barrier_.meet();
  index_ = before;
  outcome_ = outcome::met;
  set_granted();
  return detail::within_budget();
}

std::size_t barrier::wait_awaiter::await_resume() {
  leave();
  check_cancelled();
  if (outcome_ != outcome::met) throw_broken(outcome_);
  return index_;
}

void barrier::wait_awaiter::describe(wait_description& d) const {
  d.what = "a barrier where " + std::to_string(barrier_.n_waiting()) + " of " + std::to_string(barrier_.parties_) + " have come";
}

}  // namespace halka
