// SPDX-License-Identifier: MIT
#pragma once

#include "attempt.hpp"

#include <mutex>

namespace halka {

/// recv, send, receive_msg and send_msg.
progress attempt_transfer(io_operation& op) noexcept;
progress attempt_accept(io_operation& op, bool never_blocks) noexcept;
progress attempt_connect(io_operation& op) noexcept;
progress attempt_splice(io_operation& op) noexcept;

/// One call in a thread that may wait.
progress transfer_in_thread(io_operation& op) noexcept;
progress accept_in_thread(io_operation& op) noexcept;

/// Lets a descriptor not block, as long as this object lives.
class without_blocking {
 public:
  explicit without_blocking(int fd) noexcept;
  ~without_blocking();
  without_blocking(without_blocking const&) = delete;
  without_blocking& operator=(without_blocking const&) = delete;

  /// Before the first one. *Errors*: `std::bad_alloc`.
  static void prepare_for_forks();

 private:
  std::unique_lock<std::mutex> turn_;
  int fd_;
  int flags_;  // to be put back; -1: nothing was changed
};

}  // namespace halka
