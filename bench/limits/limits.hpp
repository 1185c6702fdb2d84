// SPDX-License-Identifier: MIT
#pragma once

#include "../common/harness.hpp"

namespace bench {

// files.cpp: `units` reads, `alive` of them at the same time; pread has one.
void read_with_uring(order const&, meter&);
void read_with_uring_direct(order const&, meter&);
void read_with_pread(order const&, meter&);

// processes.cpp: `units` processes, `alive` of them at the same time.
void start_processes(order const&, meter&);

// hand_off.cpp: `units` calls on another thread, `alive` of them at the same time.
void thread_calls(order const&, meter&);
void thread_calls_on_one_core(order const&, meter&);

// two_loops.cpp: `units` round trips between two threads.
void message_threads(order const&, meter&);
void message_threads_on_one_core(order const&, meter&);

// worker_process.cpp: `units` calls of another process on the same core, `alive` of them at the same time.
void call_worker_process(order const&, meter&);

}  // namespace bench
