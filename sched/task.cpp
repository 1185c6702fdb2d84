// SPDX-License-Identifier: MIT
#include "task.hpp"

namespace halka::detail {

void report_never_awaited(std::source_location coroutine) noexcept {
  try {
    report("coroutine " + name_and_place(coroutine) + " was never awaited");
  } catch (...) {
    report("a coroutine was never awaited");
  }
}

void throw_empty_task() {
  throw std::logic_error("await of an empty task: it was moved from, or awaited before; a task is awaited once");
}

}  // namespace halka::detail
