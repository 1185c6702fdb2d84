// SPDX-License-Identifier: MIT
#include "race.hpp"

#include "../sched/errors.hpp"
#include "../sched/running.hpp"

namespace halka::detail {

task<std::size_t> first_of(task_watcher& watcher) {
  co_await watcher.until(return_when::all_completed, task_watcher::on_cancel::cancel_tasks);
  std::size_t const winner = watcher.ended().front();
  for (std::size_t i = 0; i < watcher.size(); ++i) watcher[i].state().mark_retrieved();
  task_state& self = *detail::current.task;
  if (watcher.cancelled_before_first()) {
    self.check_cancelled();
    throw cancelled_error(watcher.cancel_reason());
  }
  // What the winner took must not be lost: a cancellation that came after it had ended is delivered at the next suspension. The
  // result of a task that had ended before is not lost.
  if (!watcher.saw_an_end()) self.check_cancelled();
  if (watcher.cancel_requested()) self.set_must_cancel();
  if (std::exception_ptr const e = watcher[winner].state().exception()) std::rethrow_exception(e);
  co_return winner;
}

}  // namespace halka::detail
