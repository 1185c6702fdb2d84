// SPDX-License-Identifier: MIT
#pragma once

// One fault, and where it strikes.
//
// A place is "the n-th time that this is done": an operation of the backend with this opcode (fault_backend), a call of this
// function of the C library or of liburing (system_calls.cpp), or an allocation by the armed thread (allocations.cpp). An unarmed
// plan only lets everything through; an armed one counts, so that a first run without a fault tells how many places there are.
//
// Processes that the library makes (the zygote, workers) can take part: the plan lies in memory that they share.

#include <halka/io/io_operation.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace halka::faults {

/// The functions of the C library and of liburing that the library calls and that may fail.
enum class call : std::uint8_t {
  accept4,
  bind,
  connect,
  copy_file_range,
  dup2,
  epoll_create1,
  epoll_ctl,
  epoll_wait,
  eventfd,
  fallocate,
  fchmod,
  fcntl,
  fdatasync,
  fdopendir,
  fork,
  fstat,
  fsync,
  ftruncate,
  getaddrinfo,
  getsockname,
  getsockopt,
  listen,
  memfd_create,
  mkdir,
  mmap,
  open,
  openat,
  opendir,
  pidfd_open,
  pipe2,
  poll,
  posix_spawn,
  pread,
  pthread_create,
  pwrite,
  read,
  recv,
  recvmsg,
  rename,
  ring_enter,
  ring_probe,
  ring_register,
  ring_setup,
  send,
  sendfile,
  sendmsg,
  setsockopt,
  socket,
  socketpair,
  spawn_actions,
  splice,
  stat,
  statx,
  symlink,
  unlink,
  utimensat,
  waitid,
  waitpid,
  write,
  last,
};
inline constexpr std::size_t calls = static_cast<std::size_t>(call::last);
inline constexpr std::size_t opcodes = static_cast<std::size_t>(opcode::wait_child) + 1;

std::string_view to_string(call c) noexcept;

enum class place : std::uint8_t { operation, call, memory };

enum class effect : std::uint8_t {
  error,        // it fails before it begins
  error_begun,  // of an operation: it is begun, given up, and then told to have failed
  error_after,  // of an operation: it happens, and tells an error
  shorter,      // a transfer moves fewer bytes than it could
  later,        // the completion of an operation comes some passes later
  queue_full,   // the submission is refused
};

struct fault {
  effect how = effect::error;
  int error = 0;
  int times = 1;
};

struct fault_plan {
  place where = place::operation;
  std::uint8_t what = 0;  // an opcode or a call
  std::size_t nth = 0;    // from 1; 0: nowhere
  fault what_happens;
  bool elsewhere = false;  // in a process that the library made, not in the program itself
};

/// "recv 2: ECONNRESET"
std::string to_string(fault_plan const& plan);
/// "EINTR"; "short", "late", "queue full" for what is no error.
std::string name_of(fault const& f);

/// How often each thing was done while a plan was armed.
struct process_counts {
  std::array<std::size_t, calls> calls_made{};
  std::size_t allocations = 0;
};
struct place_counts {
  std::array<std::size_t, opcodes> operations{};
  process_counts own;
  process_counts elsewhere;  // in all processes that take part
};

/// Lets the processes take part that are started from now on.
void share_with_processes();

/// From now on until `disarm`. Of this process's allocations only those of this thread fail.
void arm(fault_plan const& plan) noexcept;
void disarm() noexcept;
/// How often the fault has struck since `arm`.
int struck() noexcept;
/// Counted since `arm`.
place_counts counted() noexcept;

/// Nothing is counted and nothing fails on this thread while it lives.
class spared {
 public:
  spared() noexcept;
  ~spared();
  spared(spared const&) = delete;
  spared& operator=(spared const&) = delete;
};

// -- for the places

/// What happens at this place now: null for nothing.
fault const* fault_at(opcode code) noexcept;
fault const* fault_at(call c) noexcept;
bool allocation_fails() noexcept;

/// Blocks of operator new that are in use.
long allocations_in_use() noexcept;

}  // namespace halka::faults
