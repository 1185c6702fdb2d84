// SPDX-License-Identifier: MIT
#include "copies.hpp"
#include "other_process.hpp"

#include <halka/runtime/message/remote_call.hpp>
#include <halka/runtime/message/remote_error.hpp>
#include <halka/runtime/message/throw_trace.hpp>
#include <halka/sched/compiler.hpp>
#include <halka/sched/errors.hpp>

#include <dlfcn.h>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <exception>
#include <future>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

using namespace halka;
using namespace halka::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

struct own_error {};

/// What is told of an exception that `fail` throws, after a journey.
remote_error told(void (*fail)()) {
  try {
    fail();
  } catch (...) {
    return received(remote_error::current());
  }
  FAIL("nothing was thrown");
  return {};
}

[[gnu::noinline]] int innermost(int x) {
  if (x > 0) throw std::runtime_error("deep");
  return x;
}
[[gnu::noinline]] int middle(int x) { return innermost(x) + 1; }
int throws_again(int x) {
  try {
    return middle(x) + 1;
  } catch (...) {
    throw;
  }
}
int throws_in_thread(int x) {
  return std::async(std::launch::async, [x] { return middle(x) + 1; }).get();
}
int throws_in_library(int x) { return std::vector<int>(3).at(static_cast<unsigned>(x)); }
int throws_later(int x) {
  std::exception_ptr first;
  try {
    middle(x);
  } catch (...) {
    first = std::current_exception();
  }
  try {
    throw 1;
  } catch (int) {
  }
  std::rethrow_exception(first);
}

remote_error thrown_in_other_process(int (*function)(int)) {
  message_writer out;
  remote_call<int (*)(int), int>::write(out, function, 7);
  remote_outcome outcome = call_in_other_process(out);
  REQUIRE(outcome.error.has_value());
  return *outcome.error;
}

void skip_where_throws_are_not_traced() {
  if (detail::sanitized) SKIP("throws are not traced under a sanitizer");
}

}  // namespace

TEST_CASE("a remote error tells the type and the text of an exception", "[message][remote_error]") {
  remote_error const e = told([] { throw std::out_of_range("too far"); });
  CHECK(std::string_view(e.what()) == "std::out_of_range: too far");
  CHECK(e.type_name() == "std::out_of_range");
  CHECK(e.message() == "too far");
  CHECK(e.code().empty());
  remote_error const copy = e;
  CHECK(std::string_view(copy.what()) == e.what());
}

TEST_CASE("what is no std::exception is told too", "[message][remote_error]") {
  remote_error const number = told([] { throw 42; });
  CHECK(number.type_name() == "int");
  CHECK(number.message() == "42");
  remote_error const text = told([] { throw std::string("text"); });
  CHECK(text.message() == "text");
  remote_error const own = told([] { throw own_error(); });
  CHECK_THAT(std::string(own.type_name()), ContainsSubstring("own_error"));
  CHECK(own.message().empty());
  remote_error const cancelled = told([] { throw cancelled_error("enough"); });
  CHECK(cancelled.type_name() == "halka::cancelled_error");
  CHECK(cancelled.message() == "enough");
}

TEST_CASE("the code of a system error is kept as text", "[message][remote_error]") {
  remote_error const e = told([] { throw std::system_error(ENOENT, std::generic_category(), "open x"); });
  CHECK(e.code() == "generic:2");
  CHECK(e.message() == "open x: No such file or directory");
}

TEST_CASE("exceptions inside an exception are told with it", "[message][remote_error]") {
  remote_error const nested = told([] {
    try {
      throw std::runtime_error("inner");
    } catch (...) {
      std::throw_with_nested(std::logic_error("outer"));
    }
  });
  CHECK(std::string_view(nested.what()) == "std::logic_error: outer (caused by std::runtime_error: inner)");
  CHECK(nested.type_name() == "std::logic_error");
  CHECK(nested.message() == "outer");
  remote_error const group = told([] {
    throw exception_group("failed", {std::make_exception_ptr(std::runtime_error("a")), std::make_exception_ptr(1)});
  });
  CHECK(std::string_view(group.what()) == "halka::exception_group: failed (2 sub-exceptions) (std::runtime_error: a; int: 1)");
}

TEST_CASE("an exception from another process has the stack of its throw", "[message][remote_error]") {
  skip_where_throws_are_not_traced();
  std::string const stack(thrown_in_other_process(middle).traceback());
  INFO(stack);
  std::string const inner = "  at (anonymous namespace)::innermost(int) (remote_error_test.cpp:";
  CHECK_THAT(stack, StartsWith(inner));
  CHECK_THAT(stack, ContainsSubstring("  at (anonymous namespace)::middle(int) (remote_error_test.cpp:"));
  CHECK(std::count(stack.begin(), stack.end(), '\n') == 2);
  CHECK_THAT(std::string(thrown_in_other_process(throws_in_library).traceback()),
             ContainsSubstring("::throws_in_library(int) (remote_error_test.cpp:"));
}

TEST_CASE("an exception that is thrown again keeps the stack of its first throw", "[message][remote_error]") {
  skip_where_throws_are_not_traced();
  CHECK_THAT(std::string(thrown_in_other_process(throws_again).traceback()), ContainsSubstring("::innermost(int)"));
  CHECK_THAT(std::string(thrown_in_other_process(throws_in_thread).traceback()), ContainsSubstring("::innermost(int)"));
  CHECK_THAT(std::string(thrown_in_other_process(throws_later).traceback()), ContainsSubstring("::innermost(int)"));
}

TEST_CASE("throws in a library that is loaded later are traced", "[message][remote_error]") {
  skip_where_throws_are_not_traced();
  void* const library = dlopen(TEST_LIBRARY, RTLD_NOW);
  REQUIRE(library);
  auto const give = reinterpret_cast<int (*(*)(int))(int)>(dlsym(library, "give_function"));
  REQUIRE(give);
  message_writer out;
  remote_call<int (*)(int), int>::write(out, give(2), 1);
  remote_outcome const outcome = call_in_other_process(out);
  REQUIRE(outcome.error.has_value());
  CHECK(outcome.error->message() == "from the library");
  CHECK_THAT(std::string(outcome.error->traceback()), ContainsSubstring("fail_in_library(int) (library.cpp:"));
  dlclose(library);
}

TEST_CASE("where throws are not traced there is no traceback", "[message][remote_error]") {
  CHECK_FALSE(detail::throws_are_traced());
  CHECK(told([] { throw 1; }).traceback().empty());
}
