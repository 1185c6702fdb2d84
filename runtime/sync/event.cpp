// SPDX-License-Identifier: MIT
#include "event.hpp"

namespace halka {

void event::wait_awaiter::describe(wait_description& d) const { d.what = "an event"; }

}  // namespace halka
