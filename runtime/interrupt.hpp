// SPDX-License-Identifier: MIT
#pragma once

#include "../io/signal_receiver.hpp"
#include "../sched/any_task.hpp"
#include "../sched/event_loop.hpp"

#include <optional>

namespace halka {

/// While it lives, the first Ctrl-C cancels the main task and a second one ends the process.
///
/// It does nothing outside of the process's main thread, where the program has a handler for SIGINT, and while another loop has it.
/// A handler or a signal set of some loop for SIGINT comes first as long as it is there.
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
  void release() noexcept;

  event_loop& loop_;
  std::optional<detail::signal_receiver> receiver_;  // none if it does nothing
};

}  // namespace halka
