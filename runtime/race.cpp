// SPDX-License-Identifier: MIT
#include "race.hpp"

#include "../sched/errors.hpp"
#include "../sched/running.hpp"

namespace halka::detail {

task<std::size_t> first_of(task_watcher& watcher) {
  using on_cancel = task_watcher::on_cancel;
  co_await watcher.until(return_when::first_completed, on_cancel::cancel_tasks);
  std::size_t const winner = watcher.ended().front();
  bool const cancelled_before = watcher.cancel_requested();
  if (watcher.remaining() > 0) {
    watcher.cancel_tasks();
    co_await watcher.until(return_when::all_completed, on_cancel::cancel_tasks);
  }
  for (std::size_t i = 0; i < watcher.size(); ++i) watcher[i].state().mark_retrieved();
  if (cancelled_before) throw cancelled_error(watcher.cancel_reason());
  task_state& self = *detail::current.task;
  if (std::exception_ptr const e = watcher[winner].state().exception()) {
    if (watcher.cancel_requested()) self.set_must_cancel(watcher.cancel_reason());
    std::rethrow_exception(e);
  }
  // A cancellation that came while the losers ended wins over the result, as it would at any other await.
  if (watcher.cancel_requested()) throw cancelled_error(watcher.cancel_reason());
  self.check_cancelled();
  co_return winner;
}

}  // namespace halka::detail
