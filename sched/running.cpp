// SPDX-License-Identifier: MIT
#include "running.hpp"

#include <stdexcept>

namespace halka {

constinit thread_local running_state detail::current;

event_loop& get_running_loop() {
  if (!detail::current.loop)
    throw std::logic_error("no running event loop: call this from a task or a callback, inside halka::run");
  return *detail::current.loop;
}

task_state& detail::require_task() {
  if (!detail::current.task)
    throw std::logic_error("co_await outside of a task: start the coroutine with halka::run or create_task");
  return *detail::current.task;
}

}  // namespace halka
