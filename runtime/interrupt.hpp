// SPDX-License-Identifier: MIT
#pragma once

#include "../sched/any_task.hpp"
#include "../sched/event_loop.hpp"

namespace halka {

/// While it lives, the first Ctrl-C cancels the main task and a second one ends the process.
///
/// It does nothing outside of the process's main thread, where the program has a handler for SIGINT, and while another loop has it.
///
/// *Source*: asyncio.Runner's handling of SIGINT.
class interrupt_guard {
 public:
  interrupt_guard(event_loop& loop, any_task const& main);
  ~interrupt_guard();
  interrupt_guard(interrupt_guard const&) = delete;
  interrupt_guard& operator=(interrupt_guard const&) = delete;

  bool interrupted() const noexcept;

 private:
  event_loop& loop_;
  bool installed_;
};

}  // namespace halka
