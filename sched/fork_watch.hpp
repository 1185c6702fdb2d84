// SPDX-License-Identifier: MIT
#pragma once

// A fork of the process, made by the program.
//
// The child has a copy of the memory and of the thread that forked, and of nothing else: not the other threads, not the kernel's
// end of a ring, and what it would do with the descriptors it shares would happen to the parent. So in the child a loop that lived
// at the moment of the fork lets go of what it shares, without a word to the kernel about it, and refuses to be used.
//
// That costs nothing while nobody forks: the first one who registers sets up handlers (pthread_atfork), which the C library calls.
// They are not called for posix_spawn, vfork or clone.

#include "export.hpp"

#include <mutex>

namespace halka::detail {

/// Something that is told in the child. It is told on the thread that forked, which is the only one.
class HALKA_API fork_watcher {
 public:
  fork_watcher();
  fork_watcher(fork_watcher const&) = delete;
  fork_watcher& operator=(fork_watcher const&) = delete;

  /// Runs before `fork` returns: only what is allowed in a signal handler.
  virtual void forked() noexcept = 0;

 protected:
  ~fork_watcher();

 private:
  friend struct fork_watchers;
  fork_watcher* next_ = nullptr;
  fork_watcher* previous_ = nullptr;
};

/// Lets a fork wait for this mutex, so that it is free in the child. For mutexes of the process, which are never destroyed, and
/// with which nobody takes another one of them.
HALKA_API void free_in_children(std::mutex& mutex);

/// *Errors*: `std::logic_error`, always: `what` was made before this process was forked.
[[noreturn]] HALKA_API void throw_forked(char const* what);

}  // namespace halka::detail
