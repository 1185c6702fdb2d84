// SPDX-License-Identifier: MIT
#include "sleep.hpp"

namespace halka::detail {

void sleep_awaiter::begin(task_state& t) {
  event_loop& loop = *detail::current.loop;
  subject = &t;
  if (deadline == clock::time_point::min()) return t.yield_to(loop.ready());
  if (deadline != never) loop.set_timer(*this, deadline);
  t.wait_on(*this);
}

bool sleep_awaiter::cancel(std::string_view) {
  task().loop().timers().remove(*this);
  task().interrupt();
  return true;
}

void sleep_awaiter::describe(wait_description& d) const {
  d.what = deadline == never ? "ever (a sleep without end)" : "a deadline";
}

void sleep_awaiter::deadline_came(timer& t) { static_cast<sleep_awaiter&>(t).task().wake(); }

}  // namespace halka::detail
