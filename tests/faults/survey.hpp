// SPDX-License-Identifier: MIT
#pragma once

// Drives a scenario through every fault at every place.
//
// The runs are made in a child process, which tells their outcomes in shared memory. If it crashes or hangs, its parent notes that
// for the run that was under way, and another child goes on behind it. A run is right if the scenario succeeds or throws the error
// of the fault, if the same loop then sleeps and passes bytes, and if no descriptor, child process, task or memory is left.

#include "scenario.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace halka::faults {

/// What came of the runs in one cell of the table.
struct cell {
  std::size_t runs = 0;
  std::size_t errors = 0;  // documented ones; the others succeeded
  std::size_t problems = 0;
};

struct survey_result {
  std::map<std::string, cell> cells;  // by the name of the fault
  std::size_t runs = 0;
  std::size_t crashes = 0;
  std::size_t hangs = 0;
  std::size_t leaks = 0;
  std::vector<std::string> problems;  // "recv 2: ECONNRESET: it threw ..."
};

/// All results so far, by the name of the scenario.
std::map<std::string_view, survey_result>& results();

/// Makes all runs of a scenario, notes them in `results`, and returns the problems.
std::vector<std::string> const& survey(scenario const& s);

/// The columns of the table, in order.
std::vector<std::string_view> const& fault_names();

}  // namespace halka::faults
