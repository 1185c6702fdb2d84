// SPDX-License-Identifier: MIT
#pragma once

#include <halka/runtime/testing/test_backend.hpp>

namespace halka::test {

/// What the loops of most tests sleep on: time is virtual.
using virtual_clock = testing::test_backend;

}  // namespace halka::test
