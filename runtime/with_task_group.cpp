// SPDX-License-Identifier: MIT
#include "with_task_group.hpp"

namespace halka::detail {

task<> leave_group(open_group& group) {
  while (!group.empty()) {
    std::exception_ptr cancelled;
    try {
      co_await group.wait_for_children();
    } catch (...) {
      cancelled = std::current_exception();
    }
    if (cancelled) group.wait_cancelled(std::move(cancelled));
  }
  group.finish();
}

}  // namespace halka::detail
