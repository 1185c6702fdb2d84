// SPDX-License-Identifier: MIT
#pragma once

// What is fuzzed: functions that are given bytes. Each lies in a file of its own, which registers it; libfuzzer.cpp makes a program
// of one of them that invents bytes, replay.cpp one of all of them that reads bytes from files.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

namespace halka::fuzz {

using bytes = std::span<std::uint8_t const>;

struct target {
  target(char const* n, void (*f)(bytes)) noexcept : name(n), run(f), next(first) { first = this; }

  char const* name;
  void (*run)(bytes);
  target* next;
  inline static target* first = nullptr;
};

/// What a target promises. The process ends here, so that the input is kept.
inline void must(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

inline void must_equal(std::string const& got, std::string const& expected, std::string_view what) {
  if (got != expected) must(false, std::string(what) + "\n--- got\n" + got + "\n--- expected\n" + expected);
}

}  // namespace halka::fuzz
