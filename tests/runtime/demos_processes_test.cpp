// SPDX-License-Identifier: MIT
// The demos that start processes, as demos_test.cpp does it with the others. They take real time, and say how they ended.
#include "../support/performance.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

namespace a1 {
#include <a1_two_processes.cpp>
}
namespace a9 {
#include <a9_process.cpp>
}
namespace b1 {
#include <b1_two_counters.cpp>
}
namespace d1 {
#include <d1_side_by_side.cpp>
}
namespace x1 {
#include <x1_two_workers.cpp>
}
namespace x2 {
#include <x2_crash_isolation.cpp>
}

using namespace halka;
using namespace halka::test;
using Catch::Matchers::Matches;

namespace {

std::vector<std::string> lines_of(std::string const& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

template <class F>
std::string printed_well(F main) {
  return printed_by([&] { CHECK(main() == 0); });
}

}  // namespace

TEST_CASE("demo A1: two processes have two copies of a variable", "[demo][A1]") {
  std::string const printed = printed_well(a1::main);
  CHECK_THAT(printed, Matches("process [0-9]+: value 1\nprocess [0-9]+: value 1\ndifferent pids; the parent's value is still 0\n"));
}

TEST_CASE("demo A9: a process works, and its parent sees exit code 0", "[demo][A9]") {
  CHECK(printed_well(a9::main) == "Working\n");
}

TEST_CASE("demo B1: two processes count to five, in order and once", "[demo][B1]") {
  auto lines = lines_of(printed_well(b1::main));
  // Each writes all of its lines at once.
  CHECK(lines == std::vector<std::string>{"1", "2", "3", "4", "5", "1", "2", "3", "4", "5"});
}

TEST_CASE("demo D1: both processes start before one finishes", "[demo][D1]") {
  auto lines = lines_of(printed_well(d1::main));
  REQUIRE(lines.size() == 4);
  std::sort(lines.begin(), lines.begin() + 2);
  std::sort(lines.begin() + 2, lines.end());
  CHECK(lines == std::vector<std::string>{"func1: starting", "func2: starting", "func1: finishing", "func2: finishing"});
}

TEST_CASE("demo X1: two workers share a port", "[demo][X1]") { CHECK(printed_well(x1::main) == expected("demos/x1_two_workers")); }

TEST_CASE("demo X2: of four workers one is killed, and only its request is lost", "[demo][X2]") {
  CHECK(printed_well(x2::main) == expected("demos/x2_crash_isolation"));
}
