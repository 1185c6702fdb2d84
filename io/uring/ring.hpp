// SPDX-License-Identifier: MIT
#pragma once

#include "prepare.hpp"

#include <memory>
#include <string>

struct io_uring;

namespace halka {

/// An io_uring of the calling thread, set up with the best flags that the kernel takes.
///
/// The ladder, for EINVAL: SINGLE_ISSUER with DEFER_TASKRUN (6.1) runs completion work only when the loop asks for it; COOP_TASKRUN
/// (5.19) does not interrupt the thread for it. The third step has neither, and is for tests. With TASKRUN_FLAG the kernel says in
/// a word of shared memory that such work waits, so a busy loop looks there instead of making a system call. For ENOMEM the ring is
/// made smaller: since 6.14 its memory counts against RLIMIT_MEMLOCK.
///
/// A kernel that takes the set-up but not the other two calls (a filter that somebody wrote by hand), or lacks an operation that
/// Linux 5.19 has (a sandbox that imitates a part), is refused here, while there is still another way.
class ring {
 public:
  /// *Errors*: `std::system_error` with the cause and a remedy.
  ring();
  ~ring();
  /// In the child of a fork: closes its descriptor of the ring, and leaves the rest alone.
  void leave_to_parent() noexcept;
  bool is_here() const noexcept { return ring_ != nullptr; }
  ring(ring const&) = delete;
  ring& operator=(ring const&) = delete;

  io_uring* get() const noexcept { return ring_.get(); }
  /// Whether the word of flags tells of pending work.
  bool signals_work() const noexcept;
  kernel_operations const& operations() const noexcept { return operations_; }
  /// The features that it does without: "defer_taskrun, waitid".
  std::string shortcomings() const;
  /// Whether there was no memory for one of the usual size.
  bool is_small() const noexcept;

 private:
  int begin() noexcept;

  std::unique_ptr<io_uring> ring_;
  kernel_operations operations_;
  bool registered_ = false;
};

/// What to tell a user whose kernel refuses an io_uring with this errno.
std::string explain_setup_error(int error);

}  // namespace halka
