// SPDX-License-Identifier: MIT
#include "any_task.hpp"

#include "done_callbacks.hpp"
#include "errors.hpp"
#include "event_loop.hpp"
#include "report.hpp"
#include "running.hpp"

#include <stdexcept>

namespace halka {

void any_task::throw_empty() { throw std::logic_error("use of an empty task handle"); }

void any_task::check_result() const {
  task_state& t = state();
  if (!t.done()) throw invalid_state_error("result of task '" + t.name() + "' is not set");
  t.mark_retrieved();
  std::exception_ptr const e = t.exception();
  if (!e) return;
  if (task_state* const self = detail::current.task; self && self != &t) self->continue_trace(t);
  std::rethrow_exception(e);
}

std::exception_ptr any_task::exception() const {
  task_state& t = state();
  if (!t.done()) throw invalid_state_error("exception of task '" + t.name() + "' is not set");
  t.mark_retrieved();
  if (cancelled()) std::rethrow_exception(t.exception());
  return t.exception();
}

callback_id any_task::add_callback(callback& c) const {
  task_state& t = state();
  if (!t.done()) return callback_id{halka::add_done_callback(t.waiters(), t.loop(), c)};
  t.loop().ready().push(c);
  return callback_id{};
}

std::size_t any_task::remove_done_callback(callback_id id) const {
  return halka::remove_done_callback(state().waiters(), static_cast<std::uint64_t>(id));
}

std::string any_task::description() const {
  task_state& t = state();
  return '\'' + t.name() + "' (id " + std::to_string(t.id()) + ") running " + name_and_place(t.coroutine()) + ", " +
         std::string(to_string(t.phase()));
}

any_task current_task() noexcept { return detail::current.task ? any_task(*detail::current.task) : any_task(); }

std::vector<any_task> all_tasks() { return get_running_loop().all_tasks(); }

}  // namespace halka
