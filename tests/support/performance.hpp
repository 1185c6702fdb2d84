// SPDX-License-Identifier: MIT
#pragma once

#include "captured_output.hpp"
#include "fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <fstream>
#include <iterator>
#include <string>
#include <utility>

namespace halka::test {

/// What an example should print: the contents of tests/runtime/NAME.txt.
inline std::string expected(std::string const& name) {
  std::ifstream file(TESTS_DIRECTORY "/runtime/" + name + ".txt");
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Runs an example's main coroutine on the virtual clock: what it prints and how long it takes.
struct performance {
  std::string printed;
  clock::duration took{};

  template <class T>
  explicit performance(task<T> example) {
    auto const timed = [&](task<T> main) -> task<> {
      auto const begin = clock::now();
      co_await std::move(main);
      took = clock::now() - begin;
    };
    printed = printed_by([&] { run_virtual(timed, std::move(example)); });
  }
};

}  // namespace halka::test
