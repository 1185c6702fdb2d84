// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace halka {

struct process_pool_options {
  std::size_t workers = 0;                   // at most so many processes; 0 for the number of processors
  std::size_t max_jobs_per_worker = 0;       // a worker that has made so many calls is replaced; 0: never
  void (*initializer)() = nullptr;           // runs first in every worker
  std::string_view name = "halka-worker";    // of the processes, as the system shows it
  std::uint64_t memory_limit = 0;            // bytes of address space of a worker: beyond it std::bad_alloc; 0: none
  std::chrono::seconds cpu_time_limit{0};    // of a worker's whole life: beyond it SIGXCPU; 0: none
  std::uint64_t processes_limit = 0;         // processes and threads that the user may have, for what a worker starts; 0: none
  std::chrono::nanoseconds job_deadline{0};  // a call that runs for longer is killed with its worker: timeout_error; 0: none
};

/// Counters of a pool since it was made.
struct process_pool_statistics {
  std::size_t workers = 0;      // processes that are there
  std::size_t idle = 0;         // of those, the ones without a call
  std::size_t queued = 0;       // calls that no worker has begun
  std::size_t running = 0;      // calls that a worker has, and may have begun
  std::uint64_t completed = 0;  // calls with a result
  std::uint64_t failed = 0;     // calls that ended with an error
  std::uint64_t started = 0;    // processes
  std::uint64_t died = 0;       // processes that ended without having been told to
};

}  // namespace halka
