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
//
// Some owners of a descriptor promise to tell the backend before they close it (`io_backend::before_close`). Their operations carry
// the owner's number (`keeper`); for those a backend may keep what it knows of the descriptor from one operation to the next.

#include "../sched/export.hpp"

#include <cassert>
#include <cstdint>
#include <string>
#include <string_view>

namespace halka {

/// What can be asked for. Each is the system call of that name, with its arguments in the fields of the operation.
enum class opcode : std::uint8_t {
  poll,            // fd, flags: the events; result: the events that came
  read,            // fd, address, length, offset, flags: what is known of fd
  write,           // fd, address, length, offset, flags: what is known of fd
  recv,            // fd, address, length, flags; or lend_buffer and length
  send,            // fd, address, length, flags
  receive_msg,     // fd, address: a msghdr, flags
  send_msg,        // fd, address: a msghdr, flags
  accept,          // fd, address: a sockaddr, second: its socklen_t, flags
  connect,         // fd, address: a sockaddr, length
  open,            // address: the path, flags, length: the mode
  close,           // fd
  sync,            // fd, flags: 1 for the data only
  status,          // fd: a directory, address: the path, second: a statx, flags, length: the mask
  unlink,          // address: the path, flags: AT_REMOVEDIR
  rename,          // address and second: the paths, flags
  make_directory,  // address: the path, length: the mode
  truncate,        // fd, offset: the size
  splice,          // fd: from, offset: where from, second_fd: to, length, flags
  wait_child,      // fd: a pidfd, second: a siginfo_t, flags: the options
};

/// `offset` of a read or write that goes on where the descriptor stands.
inline constexpr std::uint64_t current_position = ~std::uint64_t{0};

/// In `flags` of a read or write: nobody has opened the descriptor with O_DIRECT; it is no terminal. Else the backend asks.
inline constexpr unsigned not_direct = 1;
inline constexpr unsigned not_terminal = 2;

/// `result` is what the system call would return, or a negative errno.
struct HALKA_API io_operation {
  using function = void (*)(io_operation&);

  explicit io_operation(function on_complete) noexcept : complete(on_complete) {}
  ~io_operation() { assert(!in_flight && "an operation was destroyed while the kernel had it"); }
  io_operation(io_operation const&) = delete;
  io_operation& operator=(io_operation const&) = delete;

  /// For backends that stand over another one.
  void ask_for_the_same_as(io_operation const& other) noexcept;

  function complete;  // called in the loop's thread; it may submit the operation again, or end its life
  opcode code = opcode::poll;
  bool in_flight = false;
  bool cancel_requested = false;
  bool left_to_caller = false;  // the backend cannot perform it: the caller makes the system call, which does not block
  bool lend_buffer = false;     // of a recv: the backend chooses the buffer when there is data, and says so in `address`
  bool short_is_all = false;    // of a recv: a result shorter than `length` has emptied the socket, as it does with TCP
  std::uint16_t lent = 0;       // which one; the caller gives it back
  int fd = -1;
  int second_fd = -1;
  unsigned flags = 0;
  unsigned length = 0;
  int result = 0;
  std::uint32_t keeper = 0;  // who has promised to tell of the end of `fd`; 0 for nobody
  void const* address = nullptr;
  void* second = nullptr;
  std::uint64_t offset = 0;

  // the backend's, while it has the operation
  io_operation* next = nullptr;
  union {
    io_operation* previous = nullptr;
    void* call;
  };
  std::uint8_t stage = 0;
};

/// "read", "accept", ...
HALKA_API std::string_view to_string(opcode code) noexcept;
/// "read on fd 7"
HALKA_API std::string to_string(io_operation const& op);

/// Whether the operation ends by itself, as reading a file or connecting does, or waits until somebody else does something, as
/// receiving and accepting do.
HALKA_API bool ends_by_itself(io_operation const& op) noexcept;

}  // namespace halka
