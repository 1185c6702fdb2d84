// SPDX-License-Identifier: MIT
// The demos of what processes share, with their output compared (see demos_test.cpp).
#include "../../support/performance.hpp"
#include "../../support/pool_fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <fstream>
#include <latch>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace b3 {
#include <b3_queue.cpp>
}
namespace d2 {
#include <d2_lost_update.cpp>
}

using namespace halka;
using namespace halka::test;

TEST_CASE("demo B3: a process that fails loses nothing of what others have put into the queue", "[demo][B3]") {
  captured_output const errors(2);
  std::string const printed = printed_by([] { run_with_pools(b3::async_main); });
  CHECK(printed.ends_with(" ended with exit code 1\n['APPLE', 'BANANA', 'CHERRY']\n"));
  CHECK(errors.text().find("std::invalid_argument: '...' has no capitals") != std::string::npos);
}

TEST_CASE("demo D2: 6, 7, 6, 7, with threads, tasks and processes", "[demo][D2]") {
  CHECK(printed_by([] { run_with_pools(d2::async_main); }) == expected("demos/d2_lost_update"));
}
