// SPDX-License-Identifier: MIT
#pragma once

// Blocks in the model: asyncio.timeouts and taskgroups, and halka's scopes, which asyncio has not. Where halka decides otherwise
// (docs/design.md), it says `rules::halka`.

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

/// halka's cancel_scope, entered.
class scope {
 public:
  struct options {
    std::optional<std::uint64_t> deadline = std::nullopt;  // from now on
    bool shield = false;
    bool edge = false;
    bool cancelled_before = false;  // it was entered
  };
  scope(loop& l, options const& o);
  /// Any task may do it, at any time.
  void cancel();
  /// With what left the body. *Result*: whether that ends here.
  bool leave(outcome const& o);
  bool cancel_called() const { return cancelled_; }

 private:
  void ask();

  task& task_;
  options const options_;
  request request_;
  loop::handle_ptr handle_;
  bool cancelled_ = false;
  bool left_ = false;
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

}  // namespace halka::fuzz::model
