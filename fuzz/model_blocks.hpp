// SPDX-License-Identifier: MIT
#pragma once

// What is built on tasks in the model: asyncio.timeouts, taskgroups, and gather, wait and shield of tasks. Where halka decides
// otherwise (docs/design.md), it says `rules::halka`.

#include "model_loop.hpp"

#include <optional>
#include <vector>

namespace halka::fuzz::model {

class timeout {
 public:
  timeout(loop& l, std::uint64_t after);
  /// With what left the body. *Result*: what leaves the block.
  outcome leave(outcome o);

 private:
  task& task_;
  request request_;
  loop::handle_ptr handle_;
  bool expired_ = false;
};

class group {
 public:
  explicit group(loop& l);
  /// Null if the group takes no more.
  task_ptr start(co body);
  void stop();
  /// With what left the body: waits for the tasks.
  co leave(outcome o);

 private:
  void abort();
  void task_ended(task_ptr const& t);
  class end_of_all;

  loop& loop_;
  task& parent_;
  request request_;
  std::vector<task_ptr> tasks_;
  std::vector<outcome> errors_;
  future_ptr all_ended_;
  bool aborting_ = false;
  bool exiting_ = false;
  bool stopped_ = false;
  bool cancelled_ = false;  // from outside
};

enum class until { first_completed, first_exception, all_completed };

/// Waits for some of the tasks, and lets them alone.
co wait(loop& l, std::vector<task_ptr> tasks, until when);
co shield(loop& l, task_ptr inner);
/// The first failure; without `all` only cancellations of who waits.
co gather(loop& l, std::vector<task_ptr> tasks, bool all);

}  // namespace halka::fuzz::model
