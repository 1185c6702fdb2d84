// SPDX-License-Identifier: MIT
#pragma once

#include "../../io/stream.hpp"
#include "../../sched/clock.hpp"
#include "../../sched/event_loop.hpp"
#include "../process/watched_child.hpp"
#include "../sync/event.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace halka {

/// A worker process as its supervisor sees it, from its start to its end.
struct supervised_worker {
  unsigned index = 0;
  std::shared_ptr<watched_child> child;
  stream control;
  clock::time_point started;
  bool ready = false;
  bool draining = false;  // was told to end, or said that it will
  bool aborted = false;   // its loop stood still
  unsigned silent = 0;    // checks since it was last heard of
  std::uint64_t requests = 0;
  event settled;          // it is ready, or has ended
  timer_handle deadline;  // of its draining

  /// "worker 2 (pid 4711)"
  std::string name() const { return "worker " + std::to_string(index) + " (pid " + std::to_string(child->pid()) + ')'; }
};

}  // namespace halka
