// SPDX-License-Identifier: MIT
#include "../support/scenario.hpp"

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <string>
#include <utility>
#include <variant>

using namespace halka;
using namespace halka::test;

TEST_CASE("an outcome is a value or an exception", "[runtime][outcome]") {
  outcome<int> const good(5);
  CHECK(good.has_value());
  CHECK(static_cast<bool>(good));
  CHECK(good.value() == 5);
  CHECK(good.exception() == nullptr);

  outcome<int> const bad(std::make_exception_ptr(boom("why")));
  CHECK_FALSE(bad.has_value());
  CHECK_FALSE(static_cast<bool>(bad));
  CHECK(kind(bad.exception()) == "boom");
  CHECK_THROWS_AS(bad.value(), boom);
  CHECK_THROWS_AS(bad.value(), boom);  // every time
}

TEST_CASE("the value of an outcome can be changed in place and moved out", "[runtime][outcome]") {
  outcome<std::unique_ptr<int>> pointer(std::make_unique<int>(1));
  *pointer.value() = 2;
  auto out = std::move(pointer).value();
  CHECK(*out == 2);

  outcome<std::string> copied(std::string("text"));
  outcome<std::string> const other = copied;
  copied.value() += "!";
  CHECK(other.value() == "text");
}

TEST_CASE("an outcome of void and one of a reference", "[runtime][outcome]") {
  outcome<> const nothing{std::monostate()};
  CHECK(nothing.has_value());
  CHECK_NOTHROW(nothing.value());
  outcome<> const failed(std::make_exception_ptr(7));
  CHECK_THROWS_AS(failed.value(), int);

  int n = 0;
  outcome<int&> const reference(&n);
  CHECK(&reference.value() == &n);
}
