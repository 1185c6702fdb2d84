// SPDX-License-Identifier: MIT
#pragma once

// Cancels a coroutine wherever it can be cancelled.
//
// The body is run once to count the passes of the loop until it has ended. Then it is run again for every pass, and is cancelled
// in that pass, from outside. Since a task takes at most one step in a pass, this meets every suspension of the body and of all
// the tasks that it starts, waiting as well as about to go on. Each way of cancelling is tried in each pass:
//
//   at the start    before the timers of the pass fire
//   in the pass     after what was ready, before what the timers of the pass have made ready
//   twice           again one pass later, and again two passes later
//   by its scope    the body runs in a cancel_scope, and that is cancelled; the task must go on after it
//
// After each run the task must have ended as `cancel_rules` allow, at once nobody whom it started may be left, and in the end no
// `counted` object, no timer and no report.

#include "fixture.hpp"

#include <cstddef>
#include <functional>
#include <string>

namespace halka::test {

struct cancel_rules {
  bool may_swallow = false;  // the body may end normally although it was cancelled
  bool may_fail = false;     // the body may end with an error of its own
  bool may_outlive = false;  // tasks that the body started may end later than it
  bool may_report = false;   // what such tasks throw may be reported
};

/// What went wrong, one line each: "cancelled in pass 3 of 12, at the start: 2 tasks are left". Empty if nothing did.
trace cancel_everywhere(std::function<task<>()> const& body, cancel_rules rules = {});

/// The number of passes until the body, left alone, has ended.
std::size_t count_passes(std::function<task<>()> const& body);

}  // namespace halka::test
