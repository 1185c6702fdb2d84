// SPDX-License-Identifier: MIT
#pragma once

#include "io_operation.hpp"

namespace halka {

/// Operations in the order in which they came. They are its links, so that each is taken out at once.
class operation_list {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  io_operation* first() const noexcept { return first_; }

  void push(io_operation& op) noexcept {
    op.next = nullptr;
    op.previous = last_;
    (last_ ? last_->next : first_) = &op;
    last_ = &op;
  }

  void remove(io_operation& op) noexcept {
    (op.previous ? op.previous->next : first_) = op.next;
    (op.next ? op.next->previous : last_) = op.previous;
  }

  /// Must not be empty.
  io_operation& pop() noexcept {
    io_operation& op = *first_;
    remove(op);
    return op;
  }

 private:
  io_operation* first_ = nullptr;
  io_operation* last_ = nullptr;
};

}  // namespace halka
