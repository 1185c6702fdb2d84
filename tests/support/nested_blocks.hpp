// SPDX-License-Identifier: MIT
#pragma once

// Blocks nested in each other in one task, each of which asks the task to end it at a moment of its own, while the task is asked
// from outside too. `predict` says what becomes of them by the rules (sched/cancel_request.hpp), `observe` what does.
//
// The innermost block has the body. Inside of each other block, once the next inner one is left, its task waits on, so that a block
// further out can still ask. What leaves each block is noted: "ended", "timeout", "group", "absorbed" (its own cancellation ended
// there) or "cancelled" (one went through). In the end the task suspends once more, and tells how many requests are counted.

#include <cstddef>
#include <string>
#include <vector>

namespace halka::test {

enum class block_kind : char {
  timeout = 'T',
  level_scope = 'L',
  edge_scope = 'E',
  move_on = 'M',
  fail = 'F',
  failing_group = 'G',    // a child fails
  cancelled_group = 'C',  // group.cancel()
  shield = 'S',           // which asks for nothing
  shield_with_deadline = 'D',
  resource = 'R',  // `with`, whose closing takes a while
};

enum class body_style : char {
  plain = 'p',          // lets its cancellation pass
  cleans_up = 'c',      // awaits first
  swallows = 's',       // and returns
  swallows_twice = 't'  // awaits, swallows that too, and returns
};

inline constexpr int never_asks = -1;

struct nested_blocks {
  std::vector<block_kind> kinds;  // from the outside in
  std::vector<int> asks;          // when, in ms; 0 for as soon as it is entered
  int outside = never_asks;       // when the task is cancelled; 0 for before it enters the first block
  body_style body = body_style::plain;
  bool inner_first = false;  // of those who ask at the same moment

  static constexpr int body_ends = 200, clean_up = 21, closing = 12;  // how long they take
  static int tail_ends(std::size_t i) { return 1000 - 10 * static_cast<int>(i); }

  /// When block `i` asks.
  int when_asked(std::size_t i) const;
  std::string to_string() const;
};

std::string predict(nested_blocks const& blocks);

/// Runs on a loop with a virtual clock.
std::string observe(nested_blocks const& blocks);

}  // namespace halka::test
