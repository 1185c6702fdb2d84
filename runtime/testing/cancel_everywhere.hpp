// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/backend.hpp"
#include "../../sched/export.hpp"
#include "../../sched/task.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace halka::testing {

/// What a coroutine may do when it is cancelled, beyond ending with `cancelled_error` and leaving nothing.
struct cancel_rules {
  bool may_swallow = false;  // it may end normally although it was cancelled
  bool may_fail = false;     // it may end with an error of its own
  bool may_outlive = false;  // tasks that it started may end later than it
  bool may_report = false;   // what such tasks throw may be reported
};

/// Cancels a coroutine wherever it can be cancelled.
///
/// The body is run once to count the passes of the loop until it has ended. Then it is run again for every pass, and is cancelled
/// in that pass, from outside. Since a task takes at most one step in a pass, this meets every suspension of the body and of all
/// the tasks that it starts, waiting as well as about to go on. Each way of cancelling is tried in each pass:
///
///     at the start    before the timers of the pass fire
///     in the pass     after what was ready, before what the timers of the pass have made ready
///     twice           again one pass later, and again two passes later
///     by its scope    the body runs in a cancel_scope, and that is cancelled; the task must go on after it
///
/// After each run the task must have ended as the rules allow; nobody whom it started may be left, and in the end no timer and no
/// report.
///
/// `leftovers`, if given, tells in a few words what else was left, or nothing: it is called when the body has ended (unless others
/// may outlive it) and when the loop is gone.
///
/// *Result*: what went wrong, one line each: "cancelled in pass 3 of 12, at the start: 2 timers are left"; empty if nothing did.
/// The time is virtual.
HALKA_API std::vector<std::string> cancel_everywhere(std::function<task<>()> const& body, cancel_rules const& rules = {},
                                                     std::function<std::string()> const& leftovers = nullptr,
                                                     backend_kind backend = backend_kind::automatic);

/// The number of passes until the body, left alone, has ended.
HALKA_API std::size_t count_passes(std::function<task<>()> const& body);

}  // namespace halka::testing
