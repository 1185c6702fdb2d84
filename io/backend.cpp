// SPDX-License-Identifier: MIT
#include "backend.hpp"

#include "../sched/running.hpp"
#include "io_backend.hpp"

namespace halka {

std::string to_string(backend_choice const& choice) { return std::string(choice.name) + ": " + choice.reason; }

backend_choice backend() { return backend(get_running_loop()); }

backend_choice backend(event_loop& loop) { return io_backend::of(loop).choice(); }

}  // namespace halka
