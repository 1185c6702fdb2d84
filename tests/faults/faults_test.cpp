// SPDX-License-Identifier: MIT
#include "fault_table.hpp"
#include "scenario.hpp"
#include "survey.hpp"

#include "../support/files.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace halka::faults {

std::string const& scratch() {
  static test::scratch_directory const directory;
  return directory.path();
}

namespace {

void check_all(std::vector<scenario> const& scenarios) {
  char const* const wanted = std::getenv("HALKA_FAULTS_IN");
  for (scenario const& s : scenarios) {
    if (wanted && s.name.find(wanted) == std::string_view::npos) continue;
    INFO(s.name);
    std::vector<std::string> const& problems = survey(s);
    CHECK(problems == std::vector<std::string>());
  }
}

}  // namespace

}  // namespace halka::faults

using namespace halka::faults;
namespace test = halka::test;

TEST_CASE("an operation on a descriptor ends with success or its documented error, whatever fault it meets", "[faults][io]") {
  check_all(operations_on_descriptors());
}

TEST_CASE("an operation on a file ends with success or its documented error, whatever fault it meets", "[faults][file]") {
  check_all(operations_on_files());
}

TEST_CASE("an operation on a stream ends with success or its documented error, whatever fault it meets", "[faults][stream]") {
  check_all(operations_on_streams());
}

TEST_CASE("an operation between tasks ends with success or its documented error, whatever fault it meets", "[faults][task]") {
  check_all(operations_between_tasks());
}

TEST_CASE("an operation on the network ends with success or its documented error, whatever fault it meets", "[faults][net]") {
  check_all(operations_on_the_network());
}

TEST_CASE("an operation on threads ends with success or its documented error, whatever fault it meets", "[faults][thread]") {
  check_all(operations_on_threads());
}

TEST_CASE("an operation on processes ends with success or its documented error, whatever fault it meets", "[faults][process]") {
  check_all(operations_on_processes());
}

TEST_CASE("docs/faults.md has every operation and every fault of these tests", "[faults][docs]") {
  char const* const path = std::getenv("HALKA_FAULTS_TABLE");
  if (path) {
    for (table_part const& part : table_parts()) check_all(*part.scenarios);
    std::ofstream(path) << fault_table();
  }
  std::vector<std::string> const missing = missing_in_table(test::contents(path ? path : TESTS_DIRECTORY "/../docs/faults.md"));
  CHECK(missing == std::vector<std::string>());
}
