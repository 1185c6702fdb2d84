// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/backend.hpp"
#include "../../sched/export.hpp"
#include "../child/child_start.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>

namespace halka {

/// Writes "supervisor PID: text" to standard error.
HALKA_API void log_to_standard_error(std::string_view text);

/// How many worker processes there are, where they listen, and when they are replaced.
struct supervise_options {
  unsigned workers = 0;  // 0: one for each processor
  /// Where to listen for all workers: an address or a name; empty for all of this machine.
  std::string_view host = "127.0.0.1";
  int port = -1;  // 0: a free one; -1: nowhere
  int backlog = 4096;
  /// How long a worker may take to finish what it has begun. Then it is killed.
  std::chrono::milliseconds graceful_timeout = std::chrono::seconds(30);
  /// A worker whose loop stands still for longer is aborted and replaced. 0: it may.
  std::chrono::milliseconds worker_timeout = std::chrono::seconds(30);
  /// A worker is replaced after so many requests, and up to `max_requests_jitter` more, so that not all are at once. 0: never.
  std::uint64_t max_requests = 0;
  std::uint64_t max_requests_jitter = 0;
  child_limits limits = {};  // of each worker
  /// How loops of workers perform input and output, and that of `supervise`: see `run_options`.
  backend_kind backend = backend_kind::automatic;
  /// Is told, in a line each, what happens; null for silence.
  void (*log)(std::string_view text) = log_to_standard_error;
};

}  // namespace halka
