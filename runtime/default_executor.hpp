// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/event_loop.hpp"
#include "../sched/export.hpp"
#include "thread_pool.hpp"

namespace halka {

/// The threads of `to_thread` on the running loop, made on first use and joined when the loop ends.
///
/// *Errors*: `std::logic_error` outside of a loop.
HALKA_API thread_pool& default_executor();

/// Waits for the calls that still run; the loop goes on meanwhile, because they may need it.
void shut_down_default_executor(event_loop& loop);

}  // namespace halka
