// SPDX-License-Identifier: MIT
#include "event.hpp"

namespace halka {

void event::set() noexcept {
  set_ = true;
  waiters_.grant_all();
}

}  // namespace halka
