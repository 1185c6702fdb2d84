// SPDX-License-Identifier: MIT
#include "event.hpp"

namespace halka {

void event::set() noexcept {
  set_ = true;
  waiters_.grant_all();
}

void event::wait_awaiter::describe(wait_description& d) const { d.what = "an event"; }

}  // namespace halka
