// SPDX-License-Identifier: MIT
#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace halka;
using namespace halka::test;
using namespace std::chrono_literals;

namespace {

template <class E>
std::exception_ptr made(E e) {
  return std::make_exception_ptr(std::move(e));
}

struct odd {};

}  // namespace

TEST_CASE("an exception group tells its message and how many it holds", "[sched][errors]") {
  exception_group const one("unhandled errors in a task group", {made(boom())});
  CHECK(std::string(one.what()) == "unhandled errors in a task group (1 sub-exception)");
  exception_group const two("failed", {made(boom()), made(boom2())});
  CHECK(std::string(two.what()) == "failed (2 sub-exceptions)");
}

TEST_CASE("an exception group keeps its exceptions in order and shares them with its copies", "[sched][errors]") {
  auto const a = made(boom());
  auto const b = made(odd());
  exception_group const group("failed", {a, b});
  exception_group const copy = group;
  REQUIRE(copy.exceptions().size() == 2);
  CHECK(copy.exceptions()[0] == a);
  CHECK(copy.exceptions()[1] == b);
  CHECK(copy.exceptions().data() == group.exceptions().data());
}

TEST_CASE("an exception group of nothing is refused", "[sched][errors]") {
  CHECK(kind_thrown([] { exception_group const empty("empty", {}); }) == "invalid_argument");
}

TEST_CASE("contains finds an exception by any type that would catch it, at any depth", "[sched][errors]") {
  exception_group const inner("inner", {made(boom2()), made(17)});
  exception_group const outer("outer", {made(boom()), made(inner)});
  CHECK(outer.contains<boom>());
  CHECK(outer.contains<boom2>());
  CHECK(outer.contains<int>());
  CHECK(outer.contains<std::runtime_error>());
  CHECK_FALSE(outer.contains<timeout_error>());
  CHECK_FALSE(outer.contains<cancelled_error>());
  CHECK_FALSE(outer.contains<long>());
  CHECK_FALSE(inner.contains<boom>());
}

TEST_CASE("a cancellation tells its reason, and is no std::exception", "[sched][errors]") {
  CHECK(cancelled_error().reason() == "");
  CHECK(std::string(cancelled_error().what()) == "cancelled");
  cancelled_error const with_reason("too late");
  cancelled_error const copy = with_reason;
  CHECK(copy.reason() == "too late");
  CHECK(std::string(copy.what()) == "too late");
  CHECK(cancelled_error("").reason() == "");
  CHECK(std::string(cancelled_error("").what()) == "cancelled");
  STATIC_REQUIRE_FALSE(std::is_base_of_v<std::exception, cancelled_error>);
  STATIC_REQUIRE_FALSE(std::is_base_of_v<std::exception, keyboard_interrupt>);
}

TEST_CASE("is_cancelled_error and is_keyboard_interrupt know their own and nothing else", "[sched][errors]") {
  CHECK(is_cancelled_error(made(cancelled_error())));
  CHECK(is_keyboard_interrupt(made(keyboard_interrupt())));
  for (auto const& e : {std::exception_ptr(), made(boom()), made(17), made(keyboard_interrupt())})
    CHECK_FALSE(is_cancelled_error(e));
  for (auto const& e : {std::exception_ptr(), made(boom()), made(17), made(cancelled_error())})
    CHECK_FALSE(is_keyboard_interrupt(e));
}

TEST_CASE("describe tells the type and the text of any exception", "[sched][errors]") {
  CHECK(describe(nullptr) == "no exception");
  CHECK(describe(made(boom("text"))) == "halka::test::boom: text");
  CHECK(describe(made(std::out_of_range("index"))) == "std::out_of_range: index");
  CHECK(describe(made(cancelled_error("why"))) == "halka::cancelled_error: why");
  CHECK(describe(made(cancelled_error())) == "halka::cancelled_error: cancelled");
  CHECK(describe(made(keyboard_interrupt())) == "halka::keyboard_interrupt: interrupted by Ctrl-C (SIGINT)");
  CHECK(describe(made(17)) == "int: 17");
  CHECK(describe(made(static_cast<char const*>("literal"))) == "char const*: literal");
  CHECK(describe(made(static_cast<char const*>(nullptr))) == "char const*: (null)");
  CHECK(describe(made(odd())) == "(anonymous namespace)::odd (not a std::exception)");
  CHECK(describe(made(2.5)) == "double (not a std::exception)");
  CHECK(describe(made(std::string("a string"))).ends_with(": a string"));
}

TEST_CASE("halka's errors are caught as the standard's", "[sched][errors]") {
  STATIC_REQUIRE(std::is_base_of_v<std::runtime_error, timeout_error>);
  STATIC_REQUIRE(std::is_base_of_v<std::runtime_error, deadlock_error>);
  STATIC_REQUIRE(std::is_base_of_v<std::logic_error, invalid_state_error>);
  STATIC_REQUIRE(std::is_base_of_v<std::exception, exception_group>);
  CHECK(std::string(timeout_error().what()) == "timed out");
  STATIC_REQUIRE(std::is_nothrow_copy_constructible_v<exception_group>);
  STATIC_REQUIRE(std::is_nothrow_copy_constructible_v<cancelled_error>);
}
