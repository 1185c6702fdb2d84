// SPDX-License-Identifier: MIT
#pragma once

#include "context.hpp"
#include "frame_pool.hpp"
#include "task_state.hpp"
#include "traceback.hpp"

#include <string>

namespace halka {

/// What few tasks need.
struct task_state::extra : pooled {
  context_ref context;  // the values of task-local variables
  std::string reason;   // of the last cancel
  std::string name;     // if it is too long for the record
  exception_trace trace;
  cancel_request* requests = nullptr;  // of blocks that have asked, the innermost first
  cancel_request* shield = nullptr;    // the innermost one
  unsigned more_cancels = 0;           // those that the record has no room to count
};

}  // namespace halka
