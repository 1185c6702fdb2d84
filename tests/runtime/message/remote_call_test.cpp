// SPDX-License-Identifier: MIT
#include "copies.hpp"
#include "other_process.hpp"

#include <halka/runtime/message/remote_call.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;

namespace {

long add(long a, int b) { return a + b; }
std::size_t length(std::string const& text) noexcept { return text.size(); }
std::size_t length_of_view(std::string_view text) { return text.size(); }
std::vector<std::string> split(std::string text, char at) {
  std::vector<std::string> parts(1);
  for (char const c : text)
    if (c == at)
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}
int calls = 0;
void count() { ++calls; }
int const& a_reference() { return calls; }
std::unique_ptr<int> take(std::unique_ptr<int> p) {
  ++*p;
  return p;
}
template <class T>
T negated(T x) {
  return -x;
}

/// The result of a call that is made from its message.
template <class F, class... Args>
auto called(F const& function, Args const&... args) {
  using call = remote_call_of<F, Args...>;
  message_writer out, answer;
  call::write(out, function, args...);
  message_reader in(out.bytes());
  run_remote_call(in, answer);
  CHECK(in.remaining() == 0);
  message_reader read(answer.bytes());
  if constexpr (!std::is_void_v<typename call::result>) {
    typename call::result result{};
    read(result);
    CHECK(read.remaining() == 0);
    return result;
  }
}

}  // namespace

TEST_CASE("a function is called with its arguments and its result comes back", "[message][remote_call]") {
  CHECK(called(add, 1, 2) == 3);
  CHECK(called(add, 'a', short{2}) == 'a' + 2);
  CHECK(called(&add, 1L, 2) == 3);
  CHECK(called(length, std::string("four")) == 4);
  CHECK(called(split, std::string("a,b"), ',') == std::vector<std::string>{"a", "b"});
  CHECK(called(negated<int>, 3) == -3);
}

TEST_CASE("text travels as a std::string", "[message][remote_call]") {
  CHECK(called(length, "four") == 4);
  CHECK(called(length, std::string_view("four!")) == 5);
  CHECK(called(length_of_view, "four") == 4);
  char const* const pointer = "x";
  CHECK(called(length, pointer) == 1);
}

TEST_CASE("a function without a result is called, and a reference comes back as a value", "[message][remote_call]") {
  calls = 0;
  called(count);
  CHECK(calls == 1);
  CHECK(called(a_reference) == 1);
}

TEST_CASE("lambdas without captures are called, generic ones too", "[message][remote_call]") {
  auto const twice = [](auto x) { return x + x; };
  CHECK(called(twice, 21) == 42);
  CHECK(called(twice, std::string("ab")) == "abab");
  CHECK(called(
            [](std::vector<int> v, int by) {
              for (int& x : v) x *= by;
              return v;
            },
            std::vector{1, 2}, 3) == std::vector{3, 6});
}

TEST_CASE("what can only be moved is an argument and a result", "[message][remote_call]") {
  auto const five = std::make_unique<int>(5);
  message_writer out, answer;
  remote_call<decltype(&take), std::unique_ptr<int>>::write(out, take, five);
  message_reader in(out.bytes());
  run_remote_call(in, answer);
  std::unique_ptr<int> result;
  message_reader read(answer.bytes());
  read(result);
  CHECK(*result == 6);
}

TEST_CASE("lambdas are called in another process", "[message][remote_call]") {
  message_writer out;
  auto const sum = [](std::vector<int> const& v) {
    int total = 0;
    for (int const x : v) total += x;
    return total;
  };
  remote_call_of<decltype(sum), std::vector<int>>::write(out, sum, {1, 2, 3});
  remote_outcome const outcome = call_in_other_process(out);
  REQUIRE_FALSE(outcome.error.has_value());
  int result = 0;
  message_reader in(outcome.result);
  in(result);
  CHECK(result == 6);
}

TEST_CASE("an exception of the call leaves it", "[message][remote_call]") {
  message_writer out, answer;
  auto const fail = [](int x) {
    if (x > 0) throw std::out_of_range("too far");
    return x;
  };
  remote_call_of<decltype(fail), int>::write(out, fail, 1);
  message_reader in(out.bytes());
  CHECK_THROWS_AS(run_remote_call(in, answer), std::out_of_range);
  CHECK(answer.size() == 0);
}

TEST_CASE("a call that is cut off is refused", "[message][remote_call]") {
  message_writer out, answer;
  remote_call<decltype(&length), std::string>::write(out, length, "some text");
  for (std::size_t size = 0; size < out.size(); ++size) {
    message_reader in(out.bytes().first(size));
    CHECK_THROWS_AS(run_remote_call(in, answer), message_error);
  }
}
