// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/clock.hpp"

namespace halka::detail {

/// A deadline that is counted from the moment a block is entered, or is a point in time.
struct deadline_in {
  clock::duration delay;
  clock::time_point from(clock::time_point now) const noexcept { return after(now, delay); }
};
struct deadline_at {
  clock::time_point when;
  clock::time_point from(clock::time_point) const noexcept { return when; }
};

}  // namespace halka::detail
