// SPDX-License-Identifier: MIT
#pragma once

#include <pthread.h>

namespace halka {

/// Ends system calls of another thread that wait: with a signal of the program's that nobody else uses (one of the highest
/// real-time ones). A signal that comes just before the call is without effect, so it is to be sent again until the call has ended.
class interruption {
 public:
  /// The calling thread can be interrupted while this object lives. All signals are blocked in it otherwise.
  interruption() noexcept;
  ~interruption();
  interruption(interruption const&) = delete;
  interruption& operator=(interruption const&) = delete;

  static void send(pthread_t thread) noexcept;
};

}  // namespace halka
