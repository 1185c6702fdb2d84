// SPDX-License-Identifier: MIT
#include "traceback.hpp"

#include "errors.hpp"
#include "promise_base.hpp"
#include "report.hpp"
#include "task_state.hpp"

#include <algorithm>
#include <mutex>

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
  std::string text;
  if (!steps.empty()) {
    std::size_t width = 0;
    for (step const& s : steps) width = std::max(width, function_name(s.coroutine).size());
    text = "Traceback (most recent await last):\n";
    for (auto s = steps.rbegin(); s != steps.rend(); ++s) {
      std::string name = function_name(s->coroutine);
      name.resize(width, ' ');
      text += "  " + name + "  " + place(s->where.line() ? s->where : s->coroutine) + '\n';
    }
  }
  return text + describe(exception);
}

std::string traceback(std::exception_ptr const& e) {
  if (e && left_run.exception == e) return left_run.to_string();
  if (task_state const* task = detail::current.task)
    if (exception_trace const* trace = task->find_trace(); trace && trace->exception == e) return trace->to_string();
  return describe(e);
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
