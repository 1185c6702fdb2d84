// SPDX-License-Identifier: MIT
#pragma once

// What halka uses of the kernel that not every kernel it runs on has, and a way to do without it for once.
//
// Each of these has a path below it (docs/kernel.md). Whether the kernel has a thing is found out where it is used, by asking for
// it; here it is only taken away, so that the paths below can be tried on any kernel. The environment variable
// HALKA_KERNEL_FEATURES holds a list of words that are applied in order: "none" takes all away, "-waitid" one, "+waitid" gives it
// back.

#include "../sched/export.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace halka::kernel {

enum class feature : std::uint8_t {
  buffer_rings,         // io_uring: buffers that the kernel chooses, 5.19
  coop_taskrun,         // io_uring: completions do not interrupt the thread, 5.19
  defer_taskrun,        // io_uring: completions are worked on when the loop asks, 6.1
  epoll_pwait2,         // epoll: deadlines of nanoseconds, 5.11
  ftruncate,            // io_uring: IORING_OP_FTRUNCATE, 6.9
  memfd_noexec,         // memfds that can never be executed, 6.3
  nowait_pipes,         // epoll: RWF_NOWAIT on pipes, 6.4
  pidfd_process_group,  // signals to the group of a pidfd, 6.9
  registered_ring_fd,   // io_uring: the ring is found without its descriptor, 5.18
  resolve_cached,       // epoll: openat2 that fails instead of asking a disk, 5.12
  waitid,               // io_uring: IORING_OP_WAITID, 6.7
};
inline constexpr unsigned feature_count = 11;

/// "waitid", ...
HALKA_API std::string_view to_string(feature f) noexcept;

/// False if a feature was taken away. *Thread safety*: any thread.
HALKA_API bool allows(feature f) noexcept;

/// What HALKA_KERNEL_FEATURES says is checked when a loop is made. *Errors*: `std::invalid_argument` for a word that means nothing;
/// its text lists those that do.
HALKA_API void check_features();

/// For tests: replaces what HALKA_KERNEL_FEATURES says. *Result*: the list that was in force. *Errors*: as above, and then nothing
/// changes.
HALKA_API std::string set_features(std::string_view list);

}  // namespace halka::kernel
