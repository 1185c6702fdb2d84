// SPDX-License-Identifier: MIT
#pragma once

// A worker process and its supervisor talk over a socket, in lines, from the worker only:
//
//   ready N       it serves
//   draining N    it has been told to stop, or has served its last request: it accepts nothing any more
//   beat N        its loop goes on
//
// N is the number of requests that are done.
// What the supervisor wants, it says by signals.

#include "../../io/backend.hpp"
#include "../../io/stream.hpp"
#include "../../sched/any_task.hpp"
#include "../sync/event.hpp"
#include "worker.hpp"

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace halka {

struct worker::state {
  unsigned index = 0;
  std::uint64_t last_request = 0;  // 0: there is none
  std::chrono::milliseconds beat_interval{0};
  backend_kind backend = backend_kind::automatic;
  std::vector<unique_fd> sockets;
  unique_fd control_fd;  // until the loop runs

  stream control;
  event stopping;
  std::optional<any_task> main;
  bool heeds_stop = false;  // somebody waits for `stopping`, so the main task need not be cancelled
  bool ready = false;
  std::uint64_t requests = 0;
  std::string notes;  // lines to be sent
  event noted;
  bool ending = false;         // these are the last
  std::exception_ptr failure;  // why the main task was cancelled, if not to stop

  void note(std::string_view line);
  void stop();
  void cancel_main();
};

namespace detail {

/// Runs the body in a loop, with the tasks that heed signals and tell the supervisor how it goes.
HALKA_API void run_worker_loop(worker& w, worker::state& s, std::function<task<>()> const& body);
/// Runs a plain function, which the supervisor can only watch from outside.
HALKA_API void run_worker_function(worker::state& s, std::function<void()> const& body);

}  // namespace detail

}  // namespace halka
