// SPDX-License-Identifier: MIT
#pragma once

#include "fixture.hpp"

#include <functional>
#include <string>

namespace halka::test {

using testing::cancel_rules;
using testing::count_passes;

/// `testing::cancel_everywhere`, which counts `counted` objects among the leftovers.
template <class Body>
trace problems_when_cancelled(Body const& body, cancel_rules const& rules = {}) {
  int const before = counted::alive;
  auto objects_left = [before] {
    int const left = counted::alive - before;
    return left == 0 ? std::string() : std::to_string(left) + " objects are left";
  };
  return testing::cancel_everywhere(std::function<task<>()>(body), rules, objects_left);
}

}  // namespace halka::test
