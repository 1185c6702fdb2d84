// SPDX-License-Identifier: MIT
// Compiled once, in front of every test. A test includes what it uses all the same.
#include <halka/halka.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <string>
#include <vector>
