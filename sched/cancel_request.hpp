// SPDX-License-Identifier: MIT
#pragma once

// How a block of a task (a timeout, a task group, a cancel scope) asks the task to end it, and how many such requests, and those
// made with task_handle::cancel, come together without one of them being lost or reaching further than its block.
//
// Blocks of a task are nested: each was entered after those around it, and is left before them. Every block has a number that
// grows with each entry, so that of two blocks of a task the smaller number is the outer one. A request is made at most once for
// a block that throws once (an edge), or stays until the block is left (a level); task_handle::cancel is one from outside of all
// blocks. It is
//
//   pending    nobody took it yet: the next suspension throws
//   taken      the suspension of the task has promised to end with it; if it ends with a result instead, it is pending again
//   delivered  neither of both: it was thrown, or what was awaited swallowed it
//
// When several come together one exception is thrown, with the reason of the outermost. A block that is left by it knows whether it
// is its own: it is if the block has asked and nobody further out has asked, or was delivered, since the block was entered. What
// was never delivered goes with the block.
//
// A shield hides what is outside of it: such requests stay pending until it is left, and blocks inside do not know of them.
//
// Blocks that have asked are in a list of the task, the innermost first; all others cost their task nothing.

#include "export.hpp"

#include <cstdint>
#include <exception>
#include <string>

namespace halka {

class task_state;

/// The request of a block to cancel the task that runs it: a base of the block.
///
/// *Thread safety*: the loop's thread only.
class HALKA_API cancel_request {
 public:
  cancel_request(cancel_request const&) = delete;
  cancel_request& operator=(cancel_request const&) = delete;

 protected:
  enum class trigger : unsigned char {
    edge,   // one suspension throws for each request
    level,  // every suspension throws until the block is left
  };

  cancel_request() noexcept = default;
  ~cancel_request() { drop(); }

  /// Enters the block in `t`, which runs.
  void enter(task_state& t, trigger how = trigger::edge, bool shield = false);
  /// Asks the task to leave the block, which it has entered and not left.
  void request();
  bool requested() const noexcept { return requested_; }
  /// Leaves the block with what left its body, null for nothing. True if that is the block's own cancellation. One that somebody
  /// outside wants too is given the reason of the outermost.
  bool leave(std::exception_ptr& e);
  /// Leaves the block without a word, if it was not left: the task is gone.
  void drop() noexcept;
  /// Once the block was left: lets the task's next suspension throw what was asked for outside while it ran.
  void deliver_outside_again() noexcept;
  /// The task, while it is in the block.
  task_state* entered_in() const noexcept { return inside_ ? task_ : nullptr; }

 private:
  friend class task_state;

  /// What the exception says.
  virtual std::string cancel_reason() const = 0;

  bool wanted_outside(std::string& reason) const;
  bool own_request_came() const noexcept;
  /// Whether a suspension is to throw because of it.
  bool undelivered() const noexcept { return pending_ || taken_ || level_; }

  task_state* task_ = nullptr;
  cancel_request* next_ = nullptr;          // further out, of those that have asked
  cancel_request* outer_shield_ = nullptr;  // of a shield
  std::uint64_t number_ = 0;                // of the entry
  std::uint64_t touched_ = 0;               // when it was made or delivered last, counted as the entries are
  unsigned cancels_at_entry_ = 0;           // made with task_handle::cancel
  bool cancel_pending_at_entry_ = false;    // one of those
  bool inside_ = false;
  bool level_ = false;
  bool shield_ = false;
  bool requested_ = false;
  bool pending_ = false;
  bool taken_ = false;
};

}  // namespace halka
