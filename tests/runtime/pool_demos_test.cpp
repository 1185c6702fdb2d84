// SPDX-License-Identifier: MIT
// The demos and examples of process pools, with their output compared (see demos_test.cpp). Processes are real, and so is the time.
#include "../support/performance.hpp"
#include "../support/pool_fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace b2 {
#include <b2_pool_map.cpp>
}
namespace x6 {
#include <x6_process_pool.cpp>
}
namespace word_count {
#include <word_count.cpp>
}

using namespace halka;
using namespace halka::test;

TEST_CASE("demo B2: Pool(2).map", "[demo][B2]") {
  CHECK(printed_by([] { run_with_pools(b2::async_main); }) == "[1, 4, 9, 16, 25]\n");
}

TEST_CASE("demo X6: CPU work in other processes leaves the loop free, and a killed worker fails one call", "[demo][X6]") {
  CHECK(printed_by([] { run_with_pools(x6::async_main); }) == expected("demos/x6_process_pool"));
}

TEST_CASE("example: threads and processes count the same words, and show how far they are", "[example][pool]") {
  std::string const printed = printed_by([] { run_with_pools(word_count::async_main, ""); });
  for (std::string const pool : {"threads  ", "processes"}) {
    for (std::string const part : {" 50 %\r", "100 %  100200 words, 502 different ones, "}) {
      INFO(pool << part);
      CHECK(printed.find(pool + ' ' + part) != std::string::npos);
    }
  }
}
