// SPDX-License-Identifier: MIT
#pragma once

// One request to the kernel, whichever way it gets there.
//
//   idle --submit--> in flight --complete--> idle
//                       |
//                    cancel: only asks; the operation stays in flight until its own completion, whose result tells whether it
//                            happened (>= 0) or not (-ECANCELED)
//
// An operation and the buffers it names belong to the kernel while it is in flight: the frame that holds it is suspended until then
// and is never destroyed before.

#include "../sched/export.hpp"

#include <cassert>
#include <cstddef>
#include <cstdint>

namespace halka {

enum class opcode : std::uint8_t {
  poll,  // wait for readiness `events` of `fd`; result: the events that came
  read,  // read `length` bytes into `buffer`; result: the number read
};

/// `result` is what the system call would return, or a negative errno.
struct io_operation {
  using function = void (*)(io_operation&);

  explicit io_operation(function on_complete) noexcept : complete(on_complete) {}
  ~io_operation() { assert(!in_flight && "an operation was destroyed while the kernel had it"); }
  io_operation(io_operation const&) = delete;
  io_operation& operator=(io_operation const&) = delete;

  function complete;  // called in the loop's thread; it may submit the operation again, or end its life
  opcode code = opcode::poll;
  bool in_flight = false;
  bool cancel_requested = false;
  int fd = -1;
  unsigned events = 0;
  void* buffer = nullptr;
  std::size_t length = 0;
  int result = 0;
};

}  // namespace halka
