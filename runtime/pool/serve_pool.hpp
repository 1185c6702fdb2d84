// SPDX-License-Identifier: MIT
#pragma once

#include "../../sched/export.hpp"

namespace halka {

class message_reader;
class message_writer;

namespace detail {

/// What a worker process is started with. The descriptors are sent.
struct worker_arguments {
  int block;
  int results;  // an eventfd that wakes the pool
  int socket;
  void (*initializer)();
  bool note_times;
};
HALKA_API void write_worker_arguments(message_writer& out, worker_arguments const& arguments);

/// The main function of a worker process: runs the calls that come through its block, until it is told to stop.
HALKA_API int serve_pool(message_reader& arguments);

}  // namespace detail

}  // namespace halka
