// SPDX-License-Identifier: MIT
#include "gather.hpp"

#include "../sched/errors.hpp"
#include "../sched/running.hpp"

#include <string>

namespace halka::detail {

namespace {

using on_cancel = task_watcher::on_cancel;

/// Nobody asks for the failures of tasks that were only waited for.
void mark_all_retrieved(task_watcher& watcher) {
  for (std::size_t i = 0; i < watcher.size(); ++i) watcher[i].state().mark_retrieved();
}

/// Throws the cancellation that the watcher has kept.
[[noreturn]] void throw_requested(task_watcher const& watcher) {
  detail::current.task->check_cancelled();  // it is delivered with this, together with what came after it
  throw cancelled_error(watcher.cancel_reason());
}

}  // namespace

task<> join_or_cancel(task_watcher& watcher) {
  co_await watcher.until(return_when::first_exception, on_cancel::cancel_tasks, true);
  std::size_t const failed = watcher.first_failed();
  if (watcher.remaining() > 0) {
    watcher.cancel_tasks();
    co_await watcher.until(return_when::all_completed, on_cancel::cancel_tasks);
  }
  mark_all_retrieved(watcher);
  task_state& self = *detail::current.task;
  bool const cancelled_first = watcher.cancel_requested() && (failed == watcher.size() || watcher[failed].cancelled());
  if (cancelled_first) throw_requested(watcher);
  if (failed == watcher.size()) {
    self.check_cancelled();
    co_return;
  }
  // The failure comes first; a cancellation that came while the others ended is delivered at the next suspension.
  if (watcher.cancel_requested()) self.set_must_cancel();
  std::rethrow_exception(watcher[failed].state().exception());
}

task<> join(task_watcher& watcher) {
  co_await watcher.until(return_when::all_completed, on_cancel::cancel_tasks);
  mark_all_retrieved(watcher);
  if (watcher.cancel_requested()) throw_requested(watcher);
  detail::current.task->check_cancelled();
}

}  // namespace halka::detail
