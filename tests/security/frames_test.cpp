// SPDX-License-Identifier: MIT
#include <halka/halka.hpp>
#include <halka/sched/compiler.hpp>
#include <halka/sched/frame_pool.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstring>
#include <string_view>

using namespace halka;

namespace {

constexpr std::string_view secret = "the password of somebody else";
constexpr std::size_t size = 512;

/// Whether a block that was freed with a secret in it still has it when it is given out again.
bool secret_is_left() {
  void* const before = allocate_frame(size);
  std::memcpy(static_cast<char*>(before) + 64, secret.data(), secret.size());
  free_frame(before, size);
  char const* const after = static_cast<char const*>(allocate_frame(size));
  bool const left = after == before && std::string_view(after + 64, secret.size()) == secret;
  free_frame(const_cast<char*>(after), size);
  return left;
}

/// Whether all of it but the link is the pattern.
bool is_filled() {
  free_frame(allocate_frame(size), size);
  auto* const block = static_cast<unsigned char*>(allocate_frame(size));
  bool filled = true;
  for (std::size_t i = sizeof(void*); i < size; ++i) filled = filled && block[i] == detail::freed_pattern;
  free_frame(block, size);
  return filled;
}

}  // namespace

TEST_CASE("in debug mode nothing of a freed frame is left for the next one", "[security][frames]") {
  if (detail::sanitized) SKIP("a sanitizer keeps freed frames, and sees who reads them");
  bool filled = false, left = true;
  auto look = [&]() -> task<> {
    filled = is_filled();
    left = secret_is_left();
    co_return;
  };
  run(look(), {.debug = true});
  CHECK(filled);
  CHECK_FALSE(left);
}

TEST_CASE("without debug mode a freed frame is not touched, and debug mode ends with its loop", "[security][frames]") {
  if (detail::sanitized) SKIP("a sanitizer keeps freed frames, and sees who reads them");
  auto nothing = []() -> task<> { co_return; };
  run(nothing(), {.debug = true});
  CHECK(this_frame_pool.caching);
  CHECK(secret_is_left());
}
