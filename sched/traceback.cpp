// SPDX-License-Identifier: MIT
#include "traceback.hpp"

#include "errors.hpp"
#include "event_loop.hpp"
#include "promise_base.hpp"
#include "report.hpp"
#include "task_slab.hpp"
#include "task_state.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace halka {

namespace {

thread_local exception_trace left_run;
std::terminate_handler previous_terminate = nullptr;

/// An exception that left `run` and was caught by nobody: its way through the coroutines is told before the program ends.
[[noreturn]] void terminate_with_traceback() {
  if (std::exception_ptr const e = std::current_exception(); e && e == left_run.exception)
    report("unhandled exception in halka::run\n" + traceback(e));
  if (previous_terminate) previous_terminate();
  std::abort();
}

}  // namespace

void exception_trace::add(std::exception_ptr const& e, step s) {
  if (exception != e) {
    steps.clear();
    exception = e;
  }
  steps.push_back(s);
}

std::string exception_trace::to_string() const {
  // halka's own coroutines between those of the program say nothing.
  std::vector<std::pair<std::string, std::string>> lines;
  std::size_t width = 0;
  for (auto s = steps.rbegin(); s != steps.rend(); ++s) {
    std::string name = function_name(s->coroutine);
    if (name.starts_with("halka::")) continue;
    width = std::max(width, name.size());
    lines.emplace_back(std::move(name), place(s->where.line() ? s->where : s->coroutine));
  }
  std::string text = lines.empty() ? "" : "Traceback (most recent await last):\n";
  for (auto& [name, at] : lines) {
    name.resize(width, ' ');
    text.append("  ").append(name).append("  ").append(at).append("\n");
  }
  return text + describe(exception);
}

std::string traceback(std::exception_ptr const& e) {
  if (e && left_run.exception == e) return left_run.to_string();
  exception_trace const* found = nullptr;
  auto const look = [&](task_state const& task) {
    if (exception_trace const* const trace = task.find_trace(); !found && trace && e && trace->exception == e) found = trace;
  };
  if (task_state const* task = detail::current.task) look(*task);
  if (!found && detail::current.loop) detail::current.loop->tasks().for_each(look);
  return found ? found->to_string() : describe(e);
}

void detail::leave_run_with(std::exception_ptr const& e, exception_trace const* trace) noexcept {
  try {
    left_run = trace && trace->exception == e ? *trace : exception_trace{e, {}};
    static std::once_flag installed;
    std::call_once(installed, [] { previous_terminate = std::set_terminate(terminate_with_traceback); });
  } catch (...) {
    left_run = {};  // out of memory: the exception goes on without its trace
  }
}

void promise_base::record_trace(std::exception_ptr const& e) const noexcept {
  task_state* const task = detail::current.task;
  if (!task || is_cancelled_error(e)) return;
  try {
    task->trace().add(e, {name, where});
  } catch (...) {
    // Out of memory: the exception goes on without this step of its trace.
  }
}

}  // namespace halka
