// SPDX-License-Identifier: MIT
#include "copies.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>

#include <random>
#include <tuple>

using namespace halka;
using namespace halka::test;

namespace {

using many = std::tuple<int, std::string, std::vector<double>, std::vector<std::string>, std::map<std::string, std::vector<int>>,
                        std::optional<std::string>, std::variant<std::monostate, int, std::string>, std::vector<bool>,
                        std::unique_ptr<int>, std::shared_ptr<std::string>, std::set<int>, std::list<std::u32string>,
                        std::unordered_map<std::string, double>, std::deque<std::vector<std::tuple<>>>>;

many a_value() {
  many value;
  auto& [number, text, doubles, words, map, optional, variant, bools, unique, shared, set, list, table, empties] = value;
  number = 7;
  text = "text";
  doubles = {1, 2, 3};
  words = {"a", "", "ccc"};
  map = {{"k", {1, 2}}, {"l", {}}};
  optional = "optional";
  variant = "variant";
  bools = {true, false};
  unique = std::make_unique<int>(3);
  shared = std::make_shared<std::string>("shared");
  set = {1, 2};
  list = {U"x", U"yz"};
  table = {{"d", 0.5}};
  empties.emplace_back(2);
  return value;
}

/// True if the bytes can be read as `many`; false if `message_error` said no. Anything else fails the test.
bool readable_as_many(std::span<std::byte const> bytes) {
  many value;
  message_reader in(bytes);
  try {
    in(value);
    return true;
  } catch (message_error const&) {
    return false;
  }
}

}  // namespace

TEST_CASE("a message that is cut off anywhere is refused", "[message]") {
  std::vector<std::byte> const whole = message_of(a_value());
  REQUIRE(readable_as_many(whole));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    std::vector<std::byte> const part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));  // its end is guarded
    INFO("the first " << length << " of " << whole.size() << " bytes");
    CHECK_FALSE(readable_as_many(part));
  }
}

TEST_CASE("a message with garbled bytes is refused or read, and does no harm", "[message]") {
  std::vector<std::byte> const whole = message_of(a_value());
  std::mt19937 random(1);
  std::size_t refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::byte> bytes = whole;
    for (unsigned changes = 1 + random() % 4; changes > 0; --changes)
      bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    if (!readable_as_many(bytes)) ++refused;
  }
  CHECK(refused > 1000);
}

TEST_CASE("random bytes are refused or read, and do no harm", "[message]") {
  std::mt19937 random(2);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::byte> bytes(random() % 200);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() % 3 ? 0 : random());
    readable_as_many(bytes);
  }
  SUCCEED();
}

TEST_CASE("a size that the message cannot hold takes no memory", "[message]") {
  std::uint64_t const size = std::uint64_t{1} << 60;
  std::vector<std::byte> const bytes = message_of(size, 1, 2);
  auto const refuses = [&](auto value) {
    message_reader in(bytes);
    CHECK_THROWS_AS(in(value), message_error);
  };
  refuses(std::string());
  refuses(std::vector<int>());
  refuses(std::vector<std::string>());
  refuses(std::vector<std::tuple<>>());
  refuses(std::list<int>());
  refuses(std::deque<int>());
  refuses(std::map<int, int>());
  refuses(std::vector<bool>());
}

TEST_CASE("a bool is true or false", "[message]") {
  std::vector<std::byte> const bytes = message_of(std::uint8_t{2});
  message_reader in(bytes);
  bool value = false;
  CHECK_THROWS_AS(in(value), message_error);
}

TEST_CASE("a pointer that refers to an object of another type is refused", "[message]") {
  using pointers = std::tuple<std::shared_ptr<std::string>, std::shared_ptr<std::string>>;
  auto const shared = std::make_shared<std::string>("shared");
  std::vector<std::byte> const bytes = message_of(pointers(shared, shared));
  pointers copies;
  message_reader whole(bytes);
  whole(copies);
  CHECK(std::get<0>(copies) == std::get<1>(copies));
  std::tuple<std::shared_ptr<std::string>, std::shared_ptr<int>> confused;
  message_reader in(bytes);
  CHECK_THROWS_WITH(in(confused), "the message is garbled: a pointer refers to an object of another type");
}

namespace {

struct nest {
  std::vector<nest> inside;
  void serialize(auto& archive) { archive(inside); }
};

}  // namespace

TEST_CASE("a message whose values are nested without end is refused before the stack is used up", "[message]") {
  // A vector of one element, again and again.
  std::vector<std::byte> bytes(8'000'000);
  for (std::size_t i = 0; i < bytes.size(); i += 8) bytes[i] = std::byte{1};
  nest value;
  message_reader in(bytes);
  CHECK_THROWS_WITH(in(value), "the message is garbled: it is nested too deeply");
}
