// SPDX-License-Identifier: MIT
// Every way to nest blocks that cancel their task, and every order in which they ask (tests/support/nested_blocks.hpp).
#include "../support/nested_blocks.hpp"

#include "../support/fixture.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <string>
#include <vector>

using namespace halka;
using namespace halka::test;

namespace {

std::vector<block_kind> const all_kinds{block_kind::timeout,         block_kind::level_scope, block_kind::edge_scope,
                                        block_kind::move_on,         block_kind::fail,        block_kind::failing_group,
                                        block_kind::cancelled_group, block_kind::shield,      block_kind::shield_with_deadline,
                                        block_kind::resource};
std::vector<body_style> const styles{body_style::plain, body_style::cleans_up, body_style::swallows, body_style::swallows_twice};

bool asks_for_nothing(block_kind k) { return k == block_kind::shield || k == block_kind::resource; }

/// Not optimized or with sanitizers, where all rows would take half a minute, one in so many is tried; it meets every style.
constexpr std::size_t one_in = detail::transfer_uses_stack ? 5 : 1;

/// Compares the two for all moments, for each block and for outside; tells the first few differences.
class table {
 public:
  explicit table(std::vector<int> moments) : moments_(std::move(moments)) {}

  void check(std::vector<block_kind> const& kinds) {
    nested_blocks b;
    b.kinds = kinds;
    b.asks.resize(kinds.size());
    vary(b, 0);
  }
  trace const& differences() const { return differences_; }
  std::size_t rows() const { return rows_; }

 private:
  void vary(nested_blocks& b, std::size_t i) {
    if (i == b.kinds.size()) return vary_rest(b);
    for (int const ask : moments_) {
      b.asks[i] = ask;
      vary(b, i + 1);
      if (asks_for_nothing(b.kinds[i])) return;
    }
  }

  void vary_rest(nested_blocks& b) {
    for (int const outside : moments_) {
      for (body_style const s : styles) {
        for (bool const inner_first : {false, true}) {
          b.outside = outside;
          b.body = s;
          b.inner_first = inner_first;
          compare(b);
        }
      }
    }
  }

  void compare(nested_blocks const& b) {
    if (++rows_ % one_in != 0) return;
    std::string const expected = predict(b), seen = observe(b);
    if (expected != seen && differences_.size() < 20)
      differences_.push_back(b.to_string() + ": expected " + expected + ", but " + seen);
  }

  std::vector<int> moments_;
  trace differences_;
  std::size_t rows_ = 0;
};

}  // namespace

TEST_CASE("a block alone ends by its own cancellation only, and none is lost", "[runtime][scope][cancel][table]") {
  table t({never_asks, 0, 50, 60});
  for (block_kind const k : all_kinds) t.check({k});
  CHECK(t.differences() == trace{});
  CHECK(t.rows() > 1'000);
}

TEST_CASE("of two nested blocks that ask, in any order, the outer one decides", "[runtime][scope][cancel][table]") {
  table t({never_asks, 0, 50, 60});
  for (block_kind const outer : all_kinds)
    for (block_kind const inner : all_kinds) t.check({outer, inner});
  CHECK(t.differences() == trace{});
  CHECK(t.rows() > 20'000);
}

TEST_CASE("of three nested blocks that ask, in any order, the outermost one decides", "[runtime][scope][cancel][table]") {
  table t({never_asks, 50, 60});
  std::vector<block_kind> const kinds{block_kind::timeout, block_kind::level_scope, block_kind::edge_scope,
                                      block_kind::failing_group, block_kind::shield};
  for (block_kind const a : kinds)
    for (block_kind const b : kinds)
      for (block_kind const c : kinds) t.check({a, b, c});
  CHECK(t.differences() == trace{});
}
