// SPDX-License-Identifier: MIT
#include <halka/io/buffer.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using namespace halka;

static_assert(std::convertible_to<std::string const&, const_buffer>);
static_assert(std::convertible_to<std::string, const_buffer>);
static_assert(std::convertible_to<char const*, const_buffer>);
static_assert(std::convertible_to<std::span<std::byte const>, const_buffer>);
static_assert(std::convertible_to<std::vector<unsigned char>&, mutable_buffer>);
static_assert(std::convertible_to<std::span<std::byte>, mutable_buffer>);
static_assert(!std::convertible_to<std::vector<int>&, const_buffer>);
static_assert(!std::convertible_to<std::string, mutable_buffer>);  // it would be gone
static_assert(!std::convertible_to<std::string const&, mutable_buffer>);
static_assert(!std::convertible_to<std::string_view, mutable_buffer>);

TEST_CASE("a buffer of bytes refers to all of a range, and of a literal to its text", "[io][buffer]") {
  CHECK(const_buffer("text").size() == 4);
  CHECK(const_buffer("text").text() == "text");
  std::string const with_zero("a\0b", 3);
  CHECK(const_buffer(with_zero).size() == 3);
  std::array<std::byte, 5> bytes{};
  CHECK(const_buffer(bytes).size() == 5);
  CHECK(mutable_buffer(bytes).data() == reinterpret_cast<char*>(bytes.data()));
  char array[8] = "abc";
  CHECK(mutable_buffer(array).size() == 8);
  CHECK(const_buffer().empty());
  CHECK(mutable_buffer().empty());
  std::string const empty;
  CHECK(const_buffer(empty).empty());
}

TEST_CASE("after drops the front of a buffer", "[io][buffer]") {
  const_buffer const all("0123456789");
  CHECK(all.after(4).text() == "456789");
  CHECK(all.after(10).empty());
  std::string memory = "0123";
  CHECK(mutable_buffer(memory).after(1).size() == 3);
  CHECK(mutable_buffer(memory).after(1).data() == memory.data() + 1);
}

TEST_CASE("one operation transfers a gigabyte at most", "[io][buffer]") {
  CHECK(detail::transfer_length(5) == 5);
  CHECK(detail::transfer_length(std::size_t{5} << 30) == 1U << 30);
}
