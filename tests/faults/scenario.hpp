// SPDX-License-Identifier: MIT
#pragma once

#include "fault_plan.hpp"

#include <halka/halka.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace halka::faults {

/// A public operation and a small program in which it succeeds.
struct scenario {
  std::string_view name;
  task<> (*body)();
  bool uses_processes = false;    // then the zygote is started before anything is counted
  std::string_view also_ok = {};  // a part of the text of another error that is right here
};

/// What a body throws when a call succeeded with a wrong result. It is right only if the error was told elsewhere.
struct wrong_result : std::runtime_error {
  explicit wrong_result(std::string const& what) : runtime_error("wrong result: " + what) {}
};

/// What a body throws when a process ended with the exit code of an exception. It is right only if the fault was in that process,
/// which has told it on its standard error then.
struct ended_by_exception : std::runtime_error {
  explicit ended_by_exception(std::string const& what) : runtime_error("an exception ended " + what) {}
};

inline void expect(bool right, char const* what) {
  if (!right) throw wrong_result(what);
}

/// What a scenario does by itself, beside the library: no fault strikes there.
template <class F>
auto by_itself(F const& fn) {
  spared const own;
  return fn();
}

/// A directory for files, the same for all scenarios; each removes what it makes at its start.
std::string const& scratch();

std::vector<scenario> const& operations_on_descriptors();
std::vector<scenario> const& operations_on_files();
std::vector<scenario> const& operations_on_streams();
std::vector<scenario> const& operations_on_the_network();
std::vector<scenario> const& operations_on_processes();
std::vector<scenario> const& operations_on_threads();
std::vector<scenario> const& operations_between_tasks();

}  // namespace halka::faults
