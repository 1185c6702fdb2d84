// SPDX-License-Identifier: MIT
#pragma once

#include "fault_plan.hpp"
#include "scenario.hpp"

#include <cstdint>

namespace halka::faults {

enum class verdict : std::uint8_t { succeeded, failed_rightly, not_struck, wrong };

/// How one run of a scenario ended. Plain memory, so that it can lie in memory that is shared with another process.
struct attempt_result {
  verdict what = verdict::succeeded;
  bool leaked = false;
  char text[480] = {};  // the error, or what was wrong
};

/// Runs a scenario in a loop of its own with the fault in it, and looks at what is left behind.
void attempt(scenario const& s, fault_plan const& plan, attempt_result& result, place_counts* counts = nullptr);

}  // namespace halka::faults
