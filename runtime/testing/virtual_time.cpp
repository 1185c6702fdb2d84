// SPDX-License-Identifier: MIT
#include "virtual_time.hpp"

#include "test_backend.hpp"

#include <stdexcept>

namespace halka::testing {

void advance(clock::duration d) {
  if (d < clock::duration::zero()) throw std::invalid_argument("advance: time does not go back");
  auto* const outside = dynamic_cast<test_backend*>(&get_running_loop().outside());
  if (!outside) throw std::logic_error("advance: this loop is not under test; use halka::testing::run_test");
  outside->advance(d);
}

clock_hold::clock_hold() : loop_(get_running_loop()) { loop_.outside().hold(); }

clock_hold::~clock_hold() { loop_.outside().unhold(); }

}  // namespace halka::testing
