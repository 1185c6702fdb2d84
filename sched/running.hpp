// SPDX-License-Identifier: MIT
#pragma once

#include "export.hpp"

#include <coroutine>
#include <cstdint>
#include <source_location>

namespace halka {

class event_loop;
class task_state;
struct promise_base;

/// What runs on this thread. Everything that suspends or awaits reads it, so it is one plain record that a single instruction
/// finds.
struct running_state {
  event_loop* loop = nullptr;
  task_state* task = nullptr;  // whose step this is; null in callbacks and between steps

  // The depth guard. Where the compiler does not turn symmetric transfer into a jump, every await of a child and every return from
  // one costs stack. Below `stack_limit` the transfer is not made: the frame goes to `transfer`, everything returns to the loop,
  // and the loop resumes it from there in the same step.
  std::uintptr_t stack_limit = 0;
  void* transfer = nullptr;

  // How many more awaits of this step may find their result there already and go on. At zero one of them suspends for a pass, so
  // that a task whose awaits are always ready does not starve timers and other tasks.
  std::uint32_t budget = 0;
  static constexpr std::uint32_t full_budget = 512;
  std::uint32_t step_budget = full_budget;  // what a step begins with

  // The child coroutine that was started last. A step that ends without a suspension met a miscompile: this one never began its
  // body (task_steps.cpp). At any other time it may be gone.
  promise_base* started = nullptr;
};

namespace detail {
extern HALKA_API constinit thread_local running_state current __attribute__((tls_model("initial-exec")));
}

/// The loop that runs on this thread.
///
/// *Errors*: `std::logic_error` if none runs.
/// *Source*: asyncio.get_running_loop.
HALKA_API event_loop& get_running_loop();

namespace detail {

/// The task that runs, for something that is about to suspend it.
///
/// *Errors*: `std::logic_error` outside of a task.
HALKA_API task_state& require_task();

/// Whether an await that need not suspend may go on without.
inline bool within_budget() noexcept {
  if (detail::current.budget == 0) [[unlikely]]
    return false;
  --detail::current.budget;
  return true;
}

}  // namespace detail

}  // namespace halka
