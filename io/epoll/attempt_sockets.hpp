// SPDX-License-Identifier: MIT
#pragma once

#include "attempt.hpp"

namespace halka {

progress attempt_recv(io_operation& op) noexcept;
progress attempt_send(io_operation& op) noexcept;
progress attempt_receive_msg(io_operation& op) noexcept;
progress attempt_send_msg(io_operation& op) noexcept;
progress attempt_accept(io_operation& op, bool never_blocks) noexcept;
progress attempt_connect(io_operation& op) noexcept;
progress attempt_splice(io_operation& op) noexcept;

/// Lets a descriptor not block, as long as this object lives.
class without_blocking {
 public:
  explicit without_blocking(int fd) noexcept;
  ~without_blocking();
  without_blocking(without_blocking const&) = delete;
  without_blocking& operator=(without_blocking const&) = delete;

 private:
  int fd_;
  int flags_;  // to be put back; -1: nothing was changed
};

}  // namespace halka
