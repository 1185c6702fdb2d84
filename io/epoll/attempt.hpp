// SPDX-License-Identifier: MIT
#pragma once

// One operation, as far as it goes without waiting. While an operation is in flight its `result` counts what it has moved so far.
//
// The mode of a descriptor (O_NONBLOCK) belongs to all who share it, other processes too, so what is to be done once without
// waiting says so itself: MSG_DONTWAIT, RWF_NOWAIT, SPLICE_F_NONBLOCK. Where there is no such flag:
//
//   terminals                     poll first; then a thread that can be interrupted
//   pipes with a name, timers,    poll first; then the descriptor gets O_NONBLOCK for the moment of the call, for somebody else
//   pipes below Linux 6.4         may be quicker
//   connect, splicing sockets     O_NONBLOCK for the moment of the call
//   accept                        poll first; then a thread, unless the socket has O_NONBLOCK
//   files                         a worker thread, but for what is cached
//
// Loops of one process take turns at changing modes. Another process that shares the descriptor may put the mode back in the
// middle: where many wait for the same, as they do to accept, that is no rarity.

#include "../io_operation.hpp"

namespace halka {

enum class progress : unsigned char {
  done,                 // `result` says how
  await_input,          // of fd
  await_output,         // of fd
  await_second_output,  // of second_fd
  work,                 // in a worker thread; it ends by itself
  patience,             // in a thread that may have to wait for somebody, and can be interrupted
};

/// Goes on with an operation in the loop's thread; it is none of `poll` and `wait_child`. With `never_blocks`, the socket has
/// O_NONBLOCK.
progress attempt(io_operation& op, bool never_blocks) noexcept;

/// Goes on with it in a worker thread, where it may wait; with `patience`, for as long as it takes.
progress work_on(io_operation& op, bool patience) noexcept;

/// Ends an operation with a negative errno, or with what it had moved before.
progress fail(io_operation& op, int error) noexcept;

}  // namespace halka
