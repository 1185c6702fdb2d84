// SPDX-License-Identifier: MIT
#pragma once

// The workloads on halka, with its public interface and all that a program gets by default.

#include "../common/harness.hpp"

namespace bench {

// tasks.cpp
void await_children(order const&, meter&);
void group_create(order const&, meter&);
void group_spawn(order const&, meter&);
void gather_range(order const&, meter&);
void create_and_await(order const&, meter&);

// channels.cpp
void ping_channels(order const&, meter&);
void message_loops(order const&, meter&);
void message_loops_on_one_core(order const&, meter&);
void many_to_many(order const&, meter&);

// turns.cpp
void yields(order const&, meter&);
void ping_events(order const&, meter&);
void ping_semaphores(order const&, meter&);

// hand_over.cpp
void ping_queues(order const&, meter&);
void lock_free(order const&, meter&);
void pass_lock(order const&, meter&);

// threads.cpp
void thread_calls(order const&, meter&);
void thread_calls_on_one_core(order const&, meter&);

// timers.cpp
void sleepers(order const&, meter&);
void sleeper_beside_yields(order const&, meter&);
void wait_for_ready(order const&, meter&);

// files.cpp
void reads(order const&, meter&);
void direct_reads(order const&, meter&);

// pools.cpp: `units` calls, `alive` of them at the same time
void call_pool(order const&, meter&);
void map_pool(order const&, meter&);

// processes.cpp
void processes(order const&, meter&);

}  // namespace bench
