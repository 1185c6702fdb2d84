// SPDX-License-Identifier: MIT
#include "shield.hpp"

namespace halka::detail {

task<> wait_shielded(any_task task) {
  task_watcher watcher(1);
  watcher.add(std::move(task));
  co_await watcher.until(return_when::all_completed, task_watcher::on_cancel::leave);
}

}  // namespace halka::detail
